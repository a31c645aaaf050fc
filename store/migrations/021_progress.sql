-- Long work under way, whichever process does it; a row is deleted when the
-- work ends.
create table progress (
	name    text primary key,
	what    text not null,         -- what is done just now
	done    integer not null,
	total   integer not null,
	started bigint not null,
	seen    bigint not null        -- when it was last heard of
);
