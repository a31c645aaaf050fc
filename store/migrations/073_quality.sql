-- What came from each source per hour, and when one fell silent. Counters are
-- added up, so that several processes can report.
create table source_hours (
	source     text not null,
	hour       bigint not null,   -- hours since 1970, UTC, by when it was learned
	events     bigint not null,
	duplicates bigint not null,
	rejected   bigint not null,
	late       bigint not null,
	skewed     bigint not null,
	no_account bigint not null,
	no_person  bigint not null,
	last       bigint not null,   -- when the last event came, 0 for none
	primary key (source, hour)
);
create index source_hours_hour on source_hours (hour);
create table source_reasons (
	source text not null,
	hour   bigint not null,
	reason text not null,
	n      bigint not null,
	primary key (source, hour, reason)
);
create table silences (
	id       text primary key,
	source   text not null,
	last     bigint not null,      -- the last event before it
	opened   bigint not null,
	resolved bigint,
	feeds    text not null         -- tables that it feeds, separated by line feeds
);
create index silences_open on silences (resolved, source);
create table silent_accounts (
	silence text not null references silences (id) on delete cascade,
	account text not null,
	primary key (silence, account)
);
create index silent_accounts_account on silent_accounts (account);
