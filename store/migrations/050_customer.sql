-- Each day on which the rules of the stages were applied.
create table stage_runs (
	day     integer primary key,
	version integer not null,      -- of the stages, 0 for the defaults
	moved   integer not null,      -- accounts
	ran     bigint not null
);

-- What was done to one or many customers at once, with what it was before, so
-- that it can be taken back.
create table customer_changes (
	id     text primary key,
	at     bigint not null,
	author text not null,          -- a member's id, or token:ID
	trait  text not null,          -- '$owner.csm', '$stage', '$tag.X', '$list.X'
	value  text not null,
	reason text not null,
	before text not null,          -- JSON: the value before by account
	count  integer not null,       -- accounts
	undone bigint,
	undone_by text not null
);
create index customer_changes_at on customer_changes (at);

-- Files of customers. The bytes are kept here, in parts, so that the state is
-- one thing to back up.
create table files (
	id      text primary key,
	account text not null,
	name    text not null,
	type    text not null,         -- of the media, by the name's ending
	size    bigint not null,       -- bytes
	hash    text not null,         -- SHA-256, hex
	author  text not null,         -- a member's id, or token:ID
	note    text not null,
	created bigint not null,
	deleted bigint
);
create index files_account on files (account, created);

create table file_parts (
	file  text not null references files (id) on delete cascade,
	n     integer not null,
	bytes bytea not null,
	primary key (file, n)
);
