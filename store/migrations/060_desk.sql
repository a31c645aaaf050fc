-- The help desks that tickets come from, what they sent, and the knowledge
-- base that support and Customer Success write together.

create table desks (
	source  text primary key references sources (id),
	kind    text not null,         -- zendesk, intercom, chatwoot, freshdesk, webhook
	secret  text not null,         -- sealed, or the digest of one that only has to be recognised
	created bigint not null,
	changed bigint not null
);

-- What a help desk sent, kept so that it can be taken in again. body is
-- base64: bytes are kept as they came.
create table deliveries (
	id        text primary key,
	source    text not null,
	delivery  text not null,       -- the sender's id, or a digest: taken in once
	received  bigint not null,
	body      text not null,
	state     text not null check (state in ('new', 'taken', 'ignored', 'rejected', 'waiting')),
	field     text not null,       -- what is wrong with it
	reason    text not null,
	ticket    text not null,
	subject   text not null,
	requester text not null,       -- of one that waits: 'email:…', 'id:…', 'domain:…'
	who       text not null,       -- the requester for people
	tries     integer not null,
	settled   bigint,
	unique (source, delivery)
);
create index deliveries_state on deliveries (state, id);
create index deliveries_waiting on deliveries (requester, state, id);

-- How each ticket stood when it was last told of: what came earlier and
-- arrives later changes nothing.
create table desk_tickets (
	source   text not null,
	ticket   text not null,
	updated  bigint not null,
	digest   text not null,
	status   text not null,
	solved   bigint,
	reopened integer not null,
	account  text not null,
	person   text not null,
	primary key (source, ticket)
);

-- Whom the team said a requester to be.
create table requesters (
	who     text primary key,      -- 'email:…', 'id:SOURCE:…', 'org:SOURCE:…', 'domain:…'
	account text not null,
	person  text not null,
	author  text not null,
	created bigint not null
);

create table articles (
	id        text primary key,
	language  text not null,
	title     text not null,
	body      text not null,       -- Markdown
	tags      text not null,       -- JSON lists of texts, as the three after it
	topics    text not null,
	features  text not null,
	stages    text not null,
	state     text not null check (state in ('draft', 'review', 'published', 'archived')),
	version   integer not null,
	published integer not null,    -- the version that is published, 0 for none
	author    text not null,       -- of the version
	reviewer  text not null,       -- who is asked, or who published it
	folded    text not null,       -- title, body and tags in small letters without accents
	created   bigint not null,
	changed   bigint not null
);
create index articles_changed on articles (changed);

create table article_versions (
	article  text not null references articles (id),
	version  integer not null,
	language text not null,
	title    text not null,
	body     text not null,
	tags     text not null,
	topics   text not null,
	features text not null,
	stages   text not null,
	author   text not null,
	reviewer text not null,        -- who published it, '' while nobody has
	created  bigint not null,
	reviewed bigint,
	primary key (article, version)
);

create table article_views (
	article text not null references articles (id),
	day     integer not null,
	member  text not null,
	ticket  text not null,         -- from which it was opened, '' for none
	n       integer not null,
	primary key (article, day, member, ticket)
);
