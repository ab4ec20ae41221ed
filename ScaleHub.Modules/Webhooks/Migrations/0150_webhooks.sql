-- Where a company wants to hear of its events. At most ten of a company.
create table webhooks (
    company_id      uuid        not null references companies (id),
    id              uuid        not null,
    url             text        not null check (char_length(url) between 1 and 2000),
    description     text        check (char_length(description) <= 200),
    events          text[]      not null check (cardinality(events) between 1 and 100),
    -- Sealed with the platform's secret: they sign, so a hash would not do.
    secret          bytea       not null check (octet_length(secret) between 52 and 100),
    -- The one before signs as well until then.
    old_secret      bytea       check (octet_length(old_secret) between 52 and 100),
    old_secret_ends timestamptz,
    -- Why it is not called.
    disabled        text        check (disabled in ('by_user', 'gone', 'failing')),
    disabled_at     timestamptz,
    -- Events in a row that were given up.
    given_up        int         not null default 0 check (given_up >= 0),
    -- It did not answer: it is left alone until then.
    paused_until    timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (company_id, id),
    check ((disabled is null) = (disabled_at is null)),
    check ((old_secret is null) = (old_secret_ends is null))
);
alter table webhooks enable row level security;
create policy tenant on webhooks using (company_id = (select app_company_id()));
grant select, insert, update, delete on webhooks to scalehub_app;

-- What was sent, or is to be sent, to whom, and how it went. Dropped by the day, and so without foreign keys.
create table webhook_deliveries (
    company_id      uuid        not null,
    id              uuid        not null,
    webhook_id      uuid        not null,
    -- What the receiver knows the event by; the same when it is delivered again.
    event_id        uuid        not null,
    event_type      text        not null check (char_length(event_type) between 1 and 100),
    subject_id      uuid        not null,
    -- Text, since the signature is over these very bytes.
    body            text        not null,
    state           text        not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
    attempts        int         not null default 0 check (attempts >= 0),
    response_status int         check (response_status between 100 and 999),
    response        text        check (char_length(response) <= 1000),
    error           text        check (char_length(error) <= 500),
    duration_ms     int         check (duration_ms >= 0),
    attempted_at    timestamptz,
    created_at      timestamptz not null default now(),
    primary key (company_id, id)
) partition by range (id);
-- The log of a webhook, newest first, and that of one state.
create index webhook_deliveries_by_webhook on webhook_deliveries (company_id, webhook_id, id);
create index webhook_deliveries_by_state on webhook_deliveries (company_id, webhook_id, state, id);
alter table webhook_deliveries enable row level security;
create policy tenant on webhook_deliveries using (company_id = (select app_company_id()));
grant select, insert, update on webhook_deliveries to scalehub_app;
insert into partitioned_tables (name, step, ahead, keep) values ('webhook_deliveries', '1 day', '14 days', '30 days');
select make_partitions();
