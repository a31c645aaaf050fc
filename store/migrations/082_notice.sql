-- Whom a notice was meant for, when its member hears of it because they cover
-- for that one; '' when it was meant for the member.
alter table notices add column meant text not null default '';
