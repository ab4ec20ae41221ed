-- Keys for machines. The key has 256 random bits, of which only the hash is here. It acts for the user who made it, and ends with
-- him.
create table api_keys (
    company_id   uuid        not null,
    id           uuid        not null,
    name         text        not null check (char_length(name) between 1 and 100),
    -- No key owns a company.
    role         text        not null check (role in ('admin', 'member')),
    key_hash     bytea       not null check (octet_length(key_hash) = 32),
    created_by   uuid        not null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    primary key (company_id, id),
    foreign key (company_id, created_by) references users (company_id, id) on delete cascade
);
create index api_keys_by_creator on api_keys (company_id, created_by);
alter table api_keys enable row level security;
create policy tenant on api_keys using (company_id = (select app_company_id()));
grant select, insert, update, delete on api_keys to scalehub_app;
