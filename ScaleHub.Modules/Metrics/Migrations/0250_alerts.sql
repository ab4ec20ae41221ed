-- How the companies with requests in the last minutes stand, for lists of them by load. The worker writes it anew every time.
create table company_load (
    company_id       uuid   not null primary key,
    requests         bigint not null,
    errors           bigint not null,
    throttled        bigint not null,
    cache_lookups    bigint not null,
    cache_hits       bigint not null,
    p50_ms           float8,
    p95_ms           float8,
    p99_ms           float8,
    -- Of those with requests, by their 95th percentile (EndpointId).
    slowest_endpoint bigint,
    at               timestamptz not null
);
alter table company_load enable row level security;
create policy tenant on company_load for select using (company_id = (select app_company_id()));
create policy platform on company_load using ((select app_is_platform()));

-- Processes, as each tells of itself every ten seconds. A start is an instance of its own.
create table instances (
    instance           text        not null primary key check (char_length(instance) between 1 and 100),
    name               text        not null check (char_length(name) between 1 and 100),
    program            text        not null check (char_length(program) between 1 and 100),
    version            text        not null check (char_length(version) between 1 and 100),
    started_at         timestamptz not null,
    seen_at            timestamptz not null,
    cpu_percent        float8      not null,
    memory_bytes       bigint      not null,
    memory_limit_bytes bigint      not null,
    -- Its connections to each database node, and the nodes as it sees them.
    nodes              jsonb       not null
);
alter table instances enable row level security;
create policy platform on instances using ((select app_is_platform()));

-- What was or is wrong: with a company, or (as the platform's own) with the whole.
create table alerts (
    company_id uuid        not null,
    id         uuid        not null,
    rule       text        not null check (char_length(rule) between 1 and 50),
    -- An instance or a database node; empty where the rule is about all of it.
    subject    text        not null default '' check (char_length(subject) <= 100),
    -- Pending: not for long enough yet to tell of it.
    state      text        not null check (state in ('pending', 'open', 'cleared')),
    value      float8      not null,
    threshold  float8      not null,
    started_at timestamptz not null,
    opened_at  timestamptz,
    -- Since when the value is good again; while it is open.
    calm_since timestamptz,
    cleared_at timestamptz,
    primary key (company_id, id),
    check ((state = 'pending') = (opened_at is null)),
    check ((state = 'cleared') = (cleared_at is not null))
);
create unique index alerts_live on alerts (company_id, rule, subject) where state <> 'cleared';
-- For operators: all of them, newest first, and the open ones.
create index alerts_everywhere on alerts (id desc);
alter table alerts enable row level security;
create policy tenant on alerts for select using (company_id = (select app_company_id()));
create policy platform on alerts using ((select app_is_platform()));

grant select, insert, update, delete on company_load, instances, alerts to scalehub_app;
