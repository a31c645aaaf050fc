-- What a team writes about its customers. Accounts are those of the facts:
-- nothing here refers to them but by id. Days are integers since 1970-01-01.

create table notes (
	id      text primary key,
	account text not null,
	person  text not null,         -- '' when it is about nobody in particular
	author  text not null references members (id),
	title   text not null,
	body    text not null,         -- Markdown
	kind    text not null,         -- note, meeting, call, or a template's name
	at      bigint not null,       -- when it took place
	pinned  bigint,
	created bigint not null,
	changed bigint not null,
	deleted bigint
);
create index notes_account on notes (account, at);
create index notes_changed on notes (changed);

create table tasks (
	id       text primary key,
	account  text not null,        -- '' when it is about no account
	title    text not null,
	body     text not null,
	kind     text not null check (kind in ('task', 'risk', 'opportunity', 'lifecycle', 'renewal', 'support')),
	priority integer not null check (priority between 1 and 3), -- 1 is high
	owner    text not null,        -- '' for nobody yet
	creator  text not null,        -- a member, or what made it: 'play:…'
	due      integer,              -- a day
	snoozed  integer,              -- hidden until this day
	repeats  text not null check (repeats in ('', 'day', 'week', 'month', 'quarter', 'year')),
	source   text not null,        -- a key that names what it is for, '' for none: one open task a key
	created  bigint not null,
	changed  bigint not null,
	done     bigint,
	outcome  text not null         -- how it ended: '', 'done', 'dropped'
);
create index tasks_owner on tasks (owner, done, due);
create index tasks_account on tasks (account, done);
create index tasks_source on tasks (source);

-- A thread per account, for support and Customer Success together, and the
-- team's own channels: 'account:ID', 'team:NAME'.
create table messages (
	id      text primary key,
	thread  text not null,
	author  text not null references members (id),
	body    text not null,         -- Markdown
	about   text not null,         -- what it is said about: 'ticket:ID', '' for nothing
	created bigint not null,
	changed bigint,
	deleted bigint
);
create index messages_thread on messages (thread, id);

create table follows (
	member  text not null references members (id) on delete cascade,
	account text not null,
	created bigint not null,
	primary key (member, account)
);
create index follows_account on follows (account);

-- What a member is told. subject names what it is about ('note:ID'), so that
-- nobody is told twice of one thing.
create table notices (
	id      text primary key,
	member  text not null references members (id) on delete cascade,
	kind    text not null,         -- mention, task, message, change
	account text not null,
	subject text not null,
	author  text not null,
	text    text not null,
	created bigint not null,
	seen    bigint,
	mailed  bigint,
	unique (member, kind, subject)
);
create index notices_member on notices (member, seen, id);
