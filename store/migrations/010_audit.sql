-- Who did what, and who took data out. Append-only: no statement updates a
-- row here, and only rows older than the retention are deleted.
create table audit (
	id      text primary key,
	at      bigint not null,
	member  text not null,         -- '' when a token or a stranger did it
	token   text not null,         -- '' when a member did it
	name    text not null,         -- what the member or token was called then
	action  text not null,         -- the route: 'POST /settings/{name}'
	path    text not null,         -- the address asked for, without its query
	detail  text not null,         -- JSON of what was sent, without secrets
	status  integer not null,      -- of the answer
	address text not null
);
create index audit_at on audit (at);
create index audit_member on audit (member, at);
