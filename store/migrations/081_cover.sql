-- Who covers whom during a leave. It holds from begins until ends, the first
-- and the last day by the company's clock when it was said.
create table covers (
	id      text primary key,
	away    text not null references members (id) on delete cascade,
	cover   text not null references members (id) on delete cascade,
	first   integer not null,        -- days since 1970-01-01, both included
	last    integer not null,
	begins  bigint not null,
	ends    bigint not null,
	note    text not null,           -- what the other should know
	author  text not null,           -- a member's id, or token:NAME
	created bigint not null,
	ended   bigint                   -- when it was ended before its time
);
create index covers_cover on covers (cover, ends);
create index covers_ends on covers (ends);

-- The open tasks that went along with customers to another owner: JSON of
-- task, account, owner before and when it was changed by that.
alter table customer_changes add column tasks text not null default '[]';
