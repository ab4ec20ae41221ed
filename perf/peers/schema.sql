-- The peers' tables, in a schema of their own: made anew each time. On: row-level security for whoever is not a superuser (the
-- servers use the role peers_app), foreign keys that keep to the company, and quotas as a check that no transaction can pass.
drop schema if exists peers cascade;
create schema peers;
do $$ begin create role peers_app nologin; exception when duplicate_object then null; end $$;
grant peers_app to current_user;

create table peers.companies (
    id   uuid primary key,
    name text not null
);

create table peers.users (
    company_id uuid not null references peers.companies (id),
    id         uuid not null,
    email      text not null,
    primary key (company_id, id)
);

create table peers.tasks (
    company_id  uuid        not null,
    id          uuid        not null,
    title       text        not null check (char_length(title) between 1 and 200),
    description text        check (char_length(description) <= 10000),
    status      text        not null default 'todo' check (status in ('todo', 'doing', 'done')),
    due_at      timestamptz,
    created_by  uuid        not null,
    assignee_id uuid,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (company_id, id),
    foreign key (company_id, created_by) references peers.users (company_id, id),
    foreign key (company_id, assignee_id) references peers.users (company_id, id)
);
-- Identifiers are UUIDv7: the primary key serves the list, newest first. These would serve the filtered lists.
create index tasks_by_status on peers.tasks (company_id, status, id desc);
create index tasks_by_assignee on peers.tasks (company_id, assignee_id, status, id desc);

-- What was answered to a request with an Idempotency-Key.
create table peers.idempotency_keys (
    company_id uuid        not null,
    user_id    uuid        not null,
    key        text        not null check (char_length(key) between 1 and 255),
    body_hash  bytea       not null,
    status     int         not null,
    body       text        not null,
    created_at timestamptz not null default now(),
    primary key (company_id, user_id, key),
    foreign key (company_id, user_id) references peers.users (company_id, id)
);

-- How much of its plan a company uses.
create table peers.quota_counters (
    company_id uuid not null references peers.companies (id),
    resource   text not null,
    used       int  not null,
    most       int  not null,
    primary key (company_id, resource),
    constraint quota check (used <= most)
);

create table peers.audit_entries (
    company_id  uuid        not null references peers.companies (id),
    id          uuid        not null,
    actor_id    uuid        not null,
    action      text        not null,
    resource_id uuid        not null,
    changes     jsonb       not null,
    created_at  timestamptz not null,
    primary key (company_id, id)
);

do $$
declare
    name text;
begin
    foreach name in array array['users', 'tasks', 'idempotency_keys', 'quota_counters', 'audit_entries'] loop
        execute format('alter table peers.%I enable row level security', name);
        execute format('create policy tenant on peers.%I using '
            || '(company_id = (select nullif(current_setting(''app.company_id'', true), '''')::uuid))', name);
    end loop;
end $$;

grant usage on schema peers to peers_app;
grant select, insert on peers.tasks, peers.idempotency_keys, peers.audit_entries to peers_app;
grant select, update on peers.quota_counters to peers_app;
