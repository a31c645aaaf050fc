-- One text for SQLite and PostgreSQL. Ids are text made by the program
-- (UUIDv7, so they sort by time), times are integers in UTC milliseconds,
-- JSON is text that only Go reads. A time that may be missing is null.

create table members (
	id       text primary key,
	email    text not null unique, -- folded in Go: neither engine's lower() agrees on accents
	name     text not null,
	role     text not null check (role in ('admin', 'manager', 'csm', 'support', 'viewer')),
	password text not null,        -- argon2id, PHC format
	language text not null,        -- '' follows the browser
	theme    text not null,        -- '' follows the system
	created  bigint not null,
	disabled bigint
);

create table sessions (
	id      text primary key,
	hash    text not null unique,  -- SHA-256 of the token, hex; the token is only in the cookie
	member  text not null references members (id) on delete cascade,
	created bigint not null,
	seen    bigint not null,
	expires bigint not null,
	address text not null,
	agent   text not null
);
create index sessions_member on sessions (member);
create index sessions_expires on sessions (expires);

-- Attempts to sign in, as hashes: people type passwords into the e-mail field.
create table attempts (
	id      text primary key,
	subject text not null,
	at      bigint not null
);
create index attempts_subject on attempts (subject, at);
create index attempts_at on attempts (at);

-- A write key is not a secret (every browser that runs the snippet shows it)
-- and is shown again in install snippets, so it is kept as it is. A deleted
-- source keeps its row: its events still name it.
create table sources (
	id        text primary key,
	name      text not null,
	write_key text unique,
	created   bigint not null,
	disabled  bigint,
	deleted   bigint
);

create table tokens (
	id      text primary key,
	hash    text not null unique,  -- SHA-256 of the token, hex
	prefix  text not null,         -- its first characters, to tell tokens apart
	name    text not null,
	role    text not null check (role in ('admin', 'manager', 'csm', 'support', 'viewer')),
	created bigint not null,
	used    bigint,
	revoked bigint
);

-- Append-only: no statement updates or deletes a row here.
create table definitions (
	kind    text not null,
	name    text not null,
	version integer not null check (version > 0),
	body    text not null,
	author  text not null,
	created bigint not null,
	primary key (kind, name, version)
);

-- The last run of each background job, whichever process did it.
create table runs (
	name    text primary key,
	started bigint not null,
	took    bigint not null,       -- milliseconds
	error   text not null,         -- '' when it went well
	host    text not null,
	good    bigint                 -- when it last ended well
);
