-- What a list of sessions shows. refreshed_at is when the session was last seen, to an access token's life.
alter table sessions
    add column user_agent   text        check (char_length(user_agent) <= 300),
    add column ip           text        check (char_length(ip) <= 45),
    add column refreshed_at timestamptz not null default now();

-- Users leave, what they did stays and names them: the row is kept, without a sign-in. Their address is free again.
alter table users add column deleted_at timestamptz;
alter table users drop constraint users_company_id_email_key;
create unique index users_by_email on users (company_id, email) where deleted_at is null;

-- Operators are users of the platform, which therefore is a company like others, but for its identifier: no registration
-- can take it, as it is in use from here on. Whoever goes through all companies leaves it out.
alter table companies drop constraint companies_id_check;
insert into companies (id, name, plan) values ('ffffffff-ffff-ffff-ffff-ffffffffffff', 'Platform', 'ENTERPRISE');
alter table users drop constraint users_role_check;
alter table users add constraint users_role_check check (
    role in ('owner', 'admin', 'member') and company_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    or role = 'operator' and company_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff');
