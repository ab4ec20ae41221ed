-- The second factor of a user: the secret of an authenticator app, sealed, and recovery codes, of which only keyed hashes are here.
create table user_totps (
    company_id     uuid        not null,
    user_id        uuid        not null,
    secret         bytea       not null check (octet_length(secret) between 44 and 100),
    -- Each works once and goes.
    recovery_codes bytea[]     not null default '{}' check (cardinality(recovery_codes) <= 10),
    -- The last 30 seconds, counted from 1970, whose code was taken: none is taken twice.
    last_step      bigint      not null default 0,
    created_at     timestamptz not null default now(),
    -- Null: the user has not shown a code yet, and signs in without.
    confirmed_at   timestamptz,
    primary key (company_id, user_id),
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade
);
alter table user_totps enable row level security;
create policy tenant on user_totps using (company_id = (select app_company_id()));
grant select, insert, update, delete on user_totps to scalehub_app;

-- What is between the password and the code is a token that works once, like a link.
alter table one_time_tokens drop constraint one_time_tokens_purpose_check;
alter table one_time_tokens add constraint one_time_tokens_purpose_check
    check (purpose in ('reset_password', 'verify_email', 'sign_in'));
