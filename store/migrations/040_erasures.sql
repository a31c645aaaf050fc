-- People who were erased. subject names whom while the work goes on, and is
-- emptied with its end: nothing here tells who it was.
create table erasures (
	id       text primary key,
	author   text not null,        -- a member's id, or token:ID
	name     text not null,        -- what the author was called
	reason   text not null,
	subject  text not null,        -- JSON until done, then ''
	rows     text not null,        -- JSON: how many rows of each kind went
	created  bigint not null,
	done     bigint,
	known    bigint,               -- the commit of the facts as of which they are gone
	lifted   bigint                -- since when their ids may come again
);

-- Ids that may not come again, as keyed hashes.
create table tombstones (
	hash    text primary key,
	erasure text not null,
	created bigint not null
);

-- Consents refused by people who were erased, by the keyed hash of an address.
create table optouts (
	hash    text not null,
	what    text not null,         -- channel.purpose
	created bigint not null,
	primary key (hash, what)
);

create table erasure_key (
	id    integer primary key check (id = 1),
	value text not null
);
