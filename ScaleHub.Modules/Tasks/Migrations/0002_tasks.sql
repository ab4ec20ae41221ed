create table tasks (
    company_id  uuid        not null,
    id          uuid        not null,
    title       text        not null check (char_length(title) between 1 and 200),
    description text        check (char_length(description) <= 10000),
    status      text        not null default 'todo' check (status in ('todo', 'doing', 'done')),
    due_at      timestamptz,
    created_by  uuid        not null,
    assignee_id uuid,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, created_by) references users (company_id, id),
    foreign key (company_id, assignee_id) references users (company_id, id)
);
-- Lists run newest first. Identifiers are UUIDv7, so their order is the order of creation: the primary key serves the
-- plain list, these serve the filtered ones.
create index tasks_by_status on tasks (company_id, status, id desc);
create index tasks_by_assignee on tasks (company_id, assignee_id, status, id desc);
alter table tasks enable row level security;
create policy tenant on tasks using (company_id = (select app_company_id()));

grant select, insert, update, delete on tasks to scalehub_app;
