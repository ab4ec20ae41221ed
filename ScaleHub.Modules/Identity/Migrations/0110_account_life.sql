-- When the user showed that the address is his; null: not yet.
alter table users add column email_verified_at timestamptz;

-- What a link in a mail stands for: it works once, and for a while. The link has 256 random bits, of which only the hash is here.
create table one_time_tokens (
    company_id uuid        not null,
    id         uuid        not null,
    user_id    uuid        not null,
    purpose    text        not null check (purpose in ('reset_password', 'verify_email')),
    token_hash bytea       not null check (octet_length(token_hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz,
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade
);
-- How many a user has been sent lately, and those that end with a new password.
create index one_time_tokens_by_user on one_time_tokens (company_id, user_id, purpose, created_at desc);
alter table one_time_tokens enable row level security;
create policy tenant on one_time_tokens using (company_id = (select app_company_id()));

-- Somebody is asked to join a company.
create table invitations (
    company_id  uuid        not null references companies (id) on delete cascade,
    id          uuid        not null,
    email       text        not null check (char_length(email) <= 254),
    role        text        not null check (role in ('owner', 'admin', 'member')),
    token_hash  bytea       not null check (octet_length(token_hash) = 32),
    created_by  uuid        not null,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null,
    accepted_at timestamptz,
    primary key (company_id, id),
    foreign key (company_id, created_by) references users (company_id, id) on delete cascade
);
-- The open ones of a company, newest first, and how many there are.
create index invitations_open on invitations (company_id, id desc) where accepted_at is null;
create index invitations_by_creator on invitations (company_id, created_by);
alter table invitations enable row level security;
create policy tenant on invitations using (company_id = (select app_company_id()));

grant select, insert, update, delete on one_time_tokens, invitations to scalehub_app;
