-- How far the membership of each segment is kept. Who is in it is in the facts;
-- a row may be lost, and the segment is looked at again.
create table segment_states (
	name      text primary key,
	form      text not null,         -- hash of its rule, with those of the segments that it names
	day       bigint not null,       -- the local day it was looked at for, in days since 1970
	known     bigint not null,       -- the last fact that was known then
	evaluated bigint not null,       -- when it was looked at
	began     bigint not null,       -- when it was looked at first: who was in it then has not entered
	took      bigint not null,       -- milliseconds
	accounts  integer not null,
	error     text not null          -- '' when it went well
);
