-- What a person has sent can be attached; what a job has made is for who asked for it. The default is for the release before, whose
-- instances may still insert while this one starts: it makes no difference between the two.
alter table files add column is_upload boolean not null default true;
-- The sweep goes by pages, in this order.
drop index files_expired;
create index files_expired on files (expires_at, id) where expires_at is not null;
drop index files_unattached;
create index files_unattached on files (company_id, created_by, expires_at) where is_upload and expires_at is not null;
