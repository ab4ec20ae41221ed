-- Answers to requests with an Idempotency-Key, written in the business transaction. The claim comes first in that transaction:
-- pg_try_advisory_xact_lock on request_key (not free: 409), then a look at the last 24 hours (found: replay). The lock is what
-- makes a key unique across midnight, where the primary key, which needs the day, is not. It goes with the transaction,
-- so a crash leaves nothing behind.
create table idempotency_keys (
    company_id  uuid        not null,
    -- SHA-256 of user, method, route and key.
    request_key bytea       not null check (octet_length(request_key) = 32),
    day         date        not null default (now() at time zone 'utc')::date,
    body_hash   bytea       not null check (octet_length(body_hash) = 32),
    status      int         not null check (status between 200 and 599),
    headers     jsonb       not null default '{}',
    body        bytea,
    created_at  timestamptz not null default now(),
    primary key (company_id, request_key, day)
) partition by range (day);
alter table idempotency_keys enable row level security;
create policy tenant on idempotency_keys using (company_id = (select app_company_id()));

-- Queue and outbox. Holds what is to be done, under way, or dead; what is done moves to finished_jobs in the transaction that
-- completes it, so that the queue stays as small as the work in it.
create table jobs (
    company_id   uuid        not null,
    id           uuid        not null,
    kind         text        not null check (char_length(kind) between 1 and 100),
    payload      jsonb       not null default '{}',
    state        text        not null default 'queued' check (state in ('queued', 'running', 'dead')),
    -- When it may be claimed: of a queued job its time, of a running one the end of its lease.
    due_at       timestamptz not null default now(),
    attempts     int         not null default 0 check (attempts between 0 and 10),
    -- Fencing token: grows with each claim. Who completes must show the last one.
    fence        bigint      not null default 0,
    claimed_by   text        check (char_length(claimed_by) <= 200),
    -- Among the jobs here, one of a company has it.
    dedupe_key   text        check (char_length(dedupe_key) between 1 and 200),
    -- Jobs of a company with the same one run one after another, in the order of their ids; a dead one lets the next go.
    ordering_key text        check (char_length(ordering_key) between 1 and 200),
    progress     int         not null default 0 check (progress between 0 and 100),
    error        text        check (char_length(error) <= 10000),
    trace_parent text        check (char_length(trace_parent) <= 100),
    created_by   uuid,
    created_at   timestamptz not null default now(),
    primary key (company_id, id)
);
-- Claims: the next company that has one due, and its first due ones.
create index jobs_due on jobs (company_id, due_at, id) where state <> 'dead';
-- Claims: whether an earlier job with the same ordering key is still to be done.
create index jobs_in_order on jobs (company_id, ordering_key, id) where ordering_key is not null and state <> 'dead';
create unique index jobs_dedupe on jobs (company_id, dedupe_key) where dedupe_key is not null;
-- Dead letters of a company, or of all, newest first.
create index jobs_dead on jobs (company_id, id desc) where state = 'dead';
create index jobs_dead_everywhere on jobs (id desc) where state = 'dead';
alter table jobs enable row level security;
create policy tenant on jobs using (company_id = (select app_company_id()));
-- A worker claims for all companies, then handles each job as its company.
create policy platform on jobs using ((select app_is_platform()));

-- For whoever asks how a job went; by the time it finished, because a job may be made long before it runs. A lookup by
-- (company_id, id) asks the few partitions there are.
create table finished_jobs (
    company_id  uuid        not null,
    id          uuid        not null,
    kind        text        not null check (char_length(kind) between 1 and 100),
    attempts    int         not null check (attempts between 1 and 10),
    result      jsonb,
    created_by  uuid,
    created_at  timestamptz not null,
    finished_at timestamptz not null default now(),
    primary key (company_id, id, finished_at)
) partition by range (finished_at);
alter table finished_jobs enable row level security;
create policy tenant on finished_jobs using (company_id = (select app_company_id()));

-- What runs by the clock, and the tick that was last enqueued. Whoever moves last_tick forward enqueues, in one transaction:
-- several workers need no leader, and a tick that is done is not enqueued again.
create table schedules (
    name      text        not null primary key check (char_length(name) between 1 and 100),
    last_tick timestamptz not null
);
alter table schedules enable row level security;
create policy platform on schedules using ((select app_is_platform()));

-- How much of a quota is used. The row is locked by the transaction that creates or deletes what it counts.
create table quota_counters (
    company_id    uuid   not null references companies (id) on delete cascade,
    resource      text   not null check (resource in ('users', 'patients', 'orders', 'products', 'exams')),
    -- The month for what is counted by month (orders, exams); 0 for what is counted as it stands.
    period_yyyymm int    not null default 0 check (period_yyyymm = 0 or period_yyyymm % 100 between 1 and 12),
    used          bigint not null default 0 check (used >= 0),
    primary key (company_id, resource, period_yyyymm)
);
alter table quota_counters enable row level security;
create policy tenant on quota_counters using (company_id = (select app_company_id()));

-- A company's requests in a minute as one instance saw them. The instance writes its row again every ten seconds.
create table request_metrics (
    company_id uuid        not null,
    minute     timestamptz not null check (minute = date_trunc('minute', minute, 'utc')),
    instance   text        not null check (char_length(instance) between 1 and 100),
    requests   bigint      not null check (requests >= 0),
    errors     bigint      not null check (errors between 0 and requests),
    throttled  bigint      not null check (throttled between 0 and requests),
    -- Quantile sketch of response times in milliseconds; sketches of minutes and instances add up.
    sketch     bytea       not null,
    primary key (company_id, minute, instance)
) partition by range (minute);
-- Rolling up, summaries and problems: all companies' last minutes.
create index request_metrics_by_minute on request_metrics (minute, company_id);
alter table request_metrics enable row level security;
create policy tenant on request_metrics for select using (company_id = (select app_company_id()));
-- An instance writes for all companies at once; the worker and operators read all.
create policy platform on request_metrics using ((select app_is_platform()));

-- The same by hour, day and week (Monday), all instances together.
create table request_metrics_rollups (
    company_id uuid        not null,
    step       text        not null check (step in ('hour', 'day', 'week')),
    starts_at  timestamptz not null check (starts_at = date_trunc(step, starts_at, 'utc')),
    requests   bigint      not null check (requests >= 0),
    errors     bigint      not null check (errors between 0 and requests),
    throttled  bigint      not null check (throttled between 0 and requests),
    sketch     bytea       not null,
    primary key (company_id, step, starts_at)
) partition by range (starts_at);
-- Rolling up further, and summaries: all companies' hours or days.
create index request_metrics_rollups_by_start on request_metrics_rollups (step, starts_at, company_id);
alter table request_metrics_rollups enable row level security;
create policy tenant on request_metrics_rollups for select using (company_id = (select app_company_id()));
create policy platform on request_metrics_rollups using ((select app_is_platform()));

-- Who did what. Added to and read, never changed; no foreign keys, since it outlives what it tells of.
create table audit_log (
    company_id uuid        not null,
    id         uuid        not null,
    user_id    uuid,
    action     text        not null check (char_length(action) between 1 and 100),
    subject_id uuid,
    detail     jsonb       not null default '{}',
    trace_id   text        check (char_length(trace_id) <= 32),
    created_at timestamptz not null default now(),
    primary key (company_id, id)
) partition by range (id);
-- The history of one thing, and of one user, newest first. The company's is the primary key's.
create index audit_log_by_subject on audit_log (company_id, subject_id, id desc) where subject_id is not null;
create index audit_log_by_user on audit_log (company_id, user_id, id desc) where user_id is not null;
alter table audit_log enable row level security;
create policy tenant on audit_log using (company_id = (select app_company_id()));

grant select, insert on idempotency_keys, finished_jobs, audit_log to scalehub_app;
grant select, insert, update, delete on jobs to scalehub_app;
grant select, insert, update on schedules, quota_counters, request_metrics, request_metrics_rollups to scalehub_app;

insert into partitioned_tables values
    ('idempotency_keys',        '1 day',   '14 days',  '2 days'),
    ('finished_jobs',           '1 day',   '14 days',  '7 days'),
    ('request_metrics',         '1 day',   '14 days',  '14 days'),
    ('request_metrics_rollups', '1 month', '6 months', '13 months'),
    ('audit_log',               '1 month', '6 months', '13 months');
select make_partitions();
