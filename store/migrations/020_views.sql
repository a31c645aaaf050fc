-- A saved view is an address under a name: a page with what it looks at.
create table views (
	id      text primary key,
	owner   text not null,         -- a member's id, or token:NAME
	name    text not null,
	path    text not null,         -- of the page, such as /metrics/mrr
	query   text not null,         -- without the question mark
	shared  integer not null check (shared in (0, 1)),
	created bigint not null,
	changed bigint not null
);
create index views_owner on views (owner);

-- What a member's page shows when its address says nothing else.
create table default_views (
	owner text not null,
	path  text not null,
	view  text not null references views (id) on delete cascade,
	primary key (owner, path)
);
create index default_views_view on default_views (view);
