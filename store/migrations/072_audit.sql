-- What kind of thing was done, to which accounts, how many rows were taken
-- out; and a chain over all entries, so that one that was changed or taken out
-- is noticed.
alter table audit add column kind text not null default '';      -- change, export, sign-in
alter table audit add column accounts text not null default '';  -- ids, each between line feeds
alter table audit add column taken bigint;                       -- rows of an export
alter table audit add column place bigint not null default 0;    -- 1, 2, 3 ...; 0 before there was a chain
alter table audit add column before text not null default '';    -- sum of the entry before
alter table audit add column sum text not null default '';       -- SHA-256 of the entry with the sum before
create index audit_place on audit (place);
