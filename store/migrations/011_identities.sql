-- Who a member is at an OpenID provider. A member may have several.
create table identities (
	issuer  text not null,
	subject text not null,
	member  text not null references members (id) on delete cascade,
	email   text not null,
	created bigint not null,
	seen    bigint not null,
	primary key (issuer, subject)
);
create index identities_member on identities (member);
