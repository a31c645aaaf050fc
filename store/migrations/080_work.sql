-- Work together, the whole of it. What is written may come from an API token
-- ('token:ID'), too, so authors no longer refer to members, and the kinds of
-- tasks are the five that CS teams sort by. Tables are made anew because
-- neither engine takes a constraint away from a column in the same words.

create table notes_new (
	id           text primary key,
	account      text not null,
	person       text not null,
	author       text not null,      -- a member's id, or token:ID
	title        text not null,
	body         text not null,
	kind         text not null,      -- note, call, or a template's name
	at           bigint not null,
	pinned       bigint,
	created      bigint not null,
	changed      bigint not null,
	deleted      bigint,
	participants text not null       -- JSON: ["member:ID", "person:ID", …]
);
insert into notes_new select id, account, person, author, title, body, kind, at, pinned, created, changed, deleted, '[]' from notes;
drop table notes;
alter table notes_new rename to notes;
create index notes_account on notes (account, at);
create index notes_changed on notes (changed);

create table tasks_new (
	id       text primary key,
	account  text not null,
	title    text not null,
	body     text not null,
	kind     text not null,          -- activity, risk, opportunity, lifecycle, renewal
	priority integer not null check (priority between 1 and 3),
	owner    text not null,
	creator  text not null,          -- a member, token:ID, or what made it: 'play:…'
	due      integer,
	snoozed  integer,
	repeats  text not null,
	source   text not null,
	created  bigint not null,
	changed  bigint not null,
	done     bigint,
	outcome  text not null,
	closer   text not null,          -- who ended it, '' while it is open
	follows  text not null,          -- the task whose being done made this one
	deleted  bigint
);
insert into tasks_new select id, account, title, body, case when kind in ('task', 'support') then 'activity' else kind end, priority, owner,
	creator, due, snoozed, repeats, source, created, changed, done, outcome, case when done is null then '' else owner end, '', null from tasks;
drop table tasks;
alter table tasks_new rename to tasks;
create index tasks_owner on tasks (owner, done, due);
create index tasks_account on tasks (account, done);
create index tasks_source on tasks (source);
create index tasks_follows on tasks (follows);

create table messages_new (
	id      text primary key,
	thread  text not null,
	author  text not null,
	body    text not null,
	about   text not null,
	created bigint not null,
	changed bigint,
	deleted bigint,
	topic   text not null,           -- of a post in a channel of the team
	account text not null,           -- whom a post is about; of a thread its account
	parent  text not null            -- the post that it answers
);
insert into messages_new select id, thread, author, body, about, created, changed, deleted, '',
	case when thread like 'account:%' then substr(thread, 9) else '' end, '' from messages;
drop table messages;
alter table messages_new rename to messages;
create index messages_thread on messages (thread, id);
create index messages_account on messages (account, id);
create index messages_parent on messages (parent);

-- What a note or message said before it was edited.
create table edits (
	id      text primary key,
	subject text not null,           -- note:ID, message:ID
	author  text not null,           -- who replaced it
	at      bigint not null,         -- when it was replaced
	title   text not null,
	body    text not null
);
create index edits_subject on edits (subject, id);

-- How far a member has read a thread: the id of the last message seen.
create table threads_read (
	member text not null references members (id) on delete cascade,
	thread text not null,
	last   text not null,
	primary key (member, thread)
);

-- Segments whose entries and exits a member watches.
create table watches (
	member  text not null references members (id) on delete cascade,
	segment text not null,
	created bigint not null,
	primary key (member, segment)
);

-- What a member wants to be told, and when.
create table preferences (
	member text primary key references members (id) on delete cascade,
	digest integer not null,         -- hour of the daily mail, -1 for none
	zone   text not null,            -- '' is the company's
	muted  text not null,            -- JSON: the kinds of notices not wanted
	visit  bigint                    -- when My day was last read through
);

-- A daily mail: one a member and day, claimed before it is sent.
create table digests (
	member  text not null references members (id) on delete cascade,
	day     integer not null,
	state   text not null,           -- claimed, sending, sent, failed
	tries   integer not null,
	error   text not null,
	token   text not null,           -- hash of the word by which the mail's reader stops it
	at      bigint not null,         -- of the last change of state
	primary key (member, day)
);
create index digests_token on digests (token);

-- How to take back what somebody did.
create table undos (
	id      text primary key,
	member  text not null references members (id) on delete cascade,
	what    text not null,           -- for people
	body    text not null,           -- JSON: what to put back
	created bigint not null,
	undone  bigint
);
create index undos_member on undos (member, id);

-- What happened around accounts, prepared for My day.
create table happenings (
	id      text primary key,
	account text not null,
	kind    text not null,           -- metric, stage, ticket, answer, segment
	name    text not null,           -- metric, stage, topic, survey, segment
	text    text not null,           -- JSON: what there is to say, by kind
	weight  integer not null,        -- -1 bad, 0, 1 good
	day     integer not null,
	known   bigint not null
);
create index happenings_account on happenings (account, known);
create index happenings_known on happenings (known);

-- How far a reader of the facts has come.
create table marks_read (
	name text primary key,
	upto bigint not null
);
