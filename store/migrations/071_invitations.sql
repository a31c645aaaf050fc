-- Invitations to join the team: a link that works once, for some days.
create table invitations (
	id      text primary key,
	hash    text not null unique,  -- SHA-256 of the secret in the link, hex
	email   text not null,
	role    text not null check (role in ('admin', 'manager', 'csm', 'support', 'viewer')),
	scope   text not null,
	team    text not null,
	hidden  text not null,
	author  text not null,         -- the member or token who invited
	created bigint not null,
	expires bigint not null,
	used    bigint,
	member  text not null,         -- who came of it, '' while nobody did
	revoked bigint
);
create index invitations_email on invitations (email);
