-- Files: what they are called, how long they are kept. Their contents are in the blob store. A row is there before its content, so that
-- nothing in the store is without a row, whoever is killed when.
create table files (
    company_id   uuid        not null references companies (id),
    id           uuid        not null,
    name         text        not null check (char_length(name) between 1 and 200),
    content_type text        not null check (char_length(content_type) between 3 and 100),
    -- Both null until the content is there as a whole.
    size_bytes   bigint      check (size_bytes >= 0),
    sha256       bytea       check (octet_length(sha256) = 32),
    -- From then on nobody can read it, and the sweep deletes the content and then the row. Null: kept, as something has it attached.
    expires_at   timestamptz,
    created_by   uuid,
    created_at   timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, created_by) references users (company_id, id),
    check ((size_bytes is null) = (sha256 is null)),
    check (size_bytes is not null or expires_at is not null)
);
-- The sweep.
create index files_expired on files (expires_at) where expires_at is not null;
-- How many a user has that are attached to nothing.
create index files_unattached on files (company_id, created_by, expires_at) where expires_at is not null;
alter table files enable row level security;
create policy tenant on files using (company_id = (select app_company_id()));
create policy platform on files using ((select app_is_platform()));
grant select, insert, update, delete on files to scalehub_app;
