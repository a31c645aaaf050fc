-- Which accounts a member or a token may see, and which fields of them not.
alter table members add column scope text not null default 'all';  -- all, team, own
alter table members add column team text not null default '';      -- members of one team share their portfolios
alter table members add column hidden text not null default '';    -- fields, separated by line feeds
alter table tokens add column scope text not null default 'all';
alter table tokens add column team text not null default '';
alter table tokens add column hidden text not null default '';
alter table tokens add column member text not null default '';     -- whose portfolio the scope own means
