-- Every tenant table: primary key (company_id, id), company_id in each unique and foreign key (what Citus needs to
-- distribute by company), and row-level security on the company of the running statement.
create function app_company_id() returns uuid language sql stable parallel safe as
    $$ select nullif(current_setting('app.company_id', true), '')::uuid $$;
comment on function app_company_id() is
    'The company of the running statement. Null when none was set: then policies match no row.';

-- What the node is and how far it has come. The application may not read pg_stat_wal_receiver, so the schema's owner does; the
-- timeline of a standby is that of the stream that it receives, null while it receives none.
create function node_state() returns table (standby boolean, lsn pg_lsn, timeline int)
    language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    if pg_is_in_recovery() then
        return query select true, pg_last_wal_replay_lsn(), (select received_tli from pg_stat_wal_receiver);
    else
        -- The flushed position, not the inserted one: what was acknowledged is flushed, and unlike the insert pointer it never
        -- skips ahead over a page header that no standby can replay.
        return query select false, pg_current_wal_flush_lsn(),
            ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int;
    end if;
end $$;

create table companies (
    id          uuid        not null primary key,
    name        text        not null check (char_length(name) between 1 and 200),
    plan        text        not null default 'FREE' check (plan in ('FREE', 'BASIC', 'PROFESSIONAL', 'ENTERPRISE')),
    created_at  timestamptz not null default now()
);
alter table companies enable row level security;
create policy tenant on companies using (id = (select app_company_id()));

create table users (
    company_id    uuid        not null references companies (id) on delete cascade,
    id            uuid        not null,
    email         text        not null check (char_length(email) between 3 and 254),
    password_hash text        not null,
    role          text        not null check (role in ('owner', 'admin', 'member')),
    created_at    timestamptz not null default now(),
    primary key (company_id, id),
    unique (company_id, email)
);
alter table users enable row level security;
create policy tenant on users using (company_id = (select app_company_id()));

-- The directory behind sign-in: an e-mail address, in lower case, belongs to one user of one company.
create table logins (
    email      text not null primary key check (email = lower(email)),
    company_id uuid not null,
    user_id    uuid not null,
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade
);
create index logins_by_user on logins (company_id, user_id);
alter table logins enable row level security;
create policy tenant on logins using (company_id = (select app_company_id()));

-- Sign-in happens before the company is known. This is the only way to look across companies that the application has:
-- one exact address in, one row out.
create function find_login(address text)
    returns table (company_id uuid, user_id uuid, role text, password_hash text)
    language sql stable security definer set search_path = pg_catalog, public as
    $$ select u.company_id, u.id, u.role, u.password_hash
       from logins l join users u on u.company_id = l.company_id and u.id = l.user_id
       where l.email = lower(address) $$;

create table sessions (
    company_id         uuid        not null,
    id                 uuid        not null,
    user_id            uuid        not null,
    refresh_token_hash bytea       not null check (octet_length(refresh_token_hash) = 32),
    created_at         timestamptz not null default now(),
    expires_at         timestamptz not null,
    revoked_at         timestamptz,
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade
);
create index sessions_by_user on sessions (company_id, user_id, created_at desc);
alter table sessions enable row level security;
create policy tenant on sessions using (company_id = (select app_company_id()));

-- Keys that sign access tokens (ES256). The private half is encrypted with a key derived from ScaleHub:Secret.
create table signing_keys (
    kid         text        not null primary key,
    public_key  bytea       not null,
    private_key bytea       not null,
    created_at  timestamptz not null default now()
);

grant select, insert, update, delete on companies, users, logins, sessions to scalehub_app;
grant select on signing_keys to scalehub_app;
revoke all on function find_login(text), node_state() from public;
grant execute on function find_login(text), node_state() to scalehub_app;
