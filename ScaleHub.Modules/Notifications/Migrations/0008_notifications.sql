create table notifications (
    company_id uuid        not null,
    id         uuid        not null,
    user_id    uuid        not null,
    kind       text        not null check (char_length(kind) between 1 and 100),
    title      text        not null check (char_length(title) between 1 and 200),
    body       text        check (char_length(body) <= 10000),
    -- What it is about: a task, an export.
    subject_id uuid,
    read_at    timestamptz,
    created_at timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade
);
-- A user's notifications, newest first; those unread, and their number.
create index notifications_by_user on notifications (company_id, user_id, id desc);
create index notifications_unread on notifications (company_id, user_id, id desc) where read_at is null;
alter table notifications enable row level security;
create policy tenant on notifications using (company_id = (select app_company_id()));

-- A file that a job makes: the row exists, with status pending, from the moment it was asked for.
create table exports (
    company_id   uuid        not null,
    id           uuid        not null,
    user_id      uuid        not null,
    kind         text        not null check (char_length(kind) between 1 and 100),
    status       text        not null default 'pending' check (status in ('pending', 'ready', 'failed')),
    file_name    text        check (char_length(file_name) between 1 and 200),
    content_type text        check (char_length(content_type) between 3 and 100),
    content      bytea       check (octet_length(content) <= 104857600),
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null default now() + interval '7 days',
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade,
    check ((status = 'ready') = (content is not null))
);
-- A user's exports, newest first; a company's that have expired.
create index exports_by_user on exports (company_id, user_id, id desc);
create index exports_expired on exports (company_id, expires_at, id);
alter table exports enable row level security;
create policy tenant on exports using (company_id = (select app_company_id()));

grant select, insert, update, delete on notifications, exports to scalehub_app;
