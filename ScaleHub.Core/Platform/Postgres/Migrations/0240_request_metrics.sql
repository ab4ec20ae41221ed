-- Nothing has written to these tables before. A row has what SQL sums, and for each endpoint its own figures with a quantile
-- sketch, packed (CompanyFigures): a row for each endpoint would be ten times as many, for the same questions.
-- The company 00000000-0000-0000-0000-000000000000 has the sums of all requests, those of nobody among them.
alter table request_metrics rename column sketch to endpoints;
alter table request_metrics
    add column cache_lookups bigint not null default 0 check (cache_lookups >= 0),
    add column cache_hits    bigint not null default 0 check (cache_hits between 0 and cache_lookups);
alter table request_metrics_rollups rename column sketch to endpoints;
alter table request_metrics_rollups
    add column cache_lookups bigint not null default 0 check (cache_lookups >= 0),
    add column cache_hits    bigint not null default 0 check (cache_hits between 0 and cache_lookups);

-- When each user was last there, exact to a minute. No foreign key: instances write for all companies at once, and one user who
-- is gone must not keep the others from being written.
create table user_activity (
    company_id   uuid        not null,
    user_id      uuid        not null,
    last_seen_at timestamptz not null,
    primary key (company_id, user_id)
) with (fillfactor = 80);
alter table user_activity enable row level security;
create policy tenant on user_activity for select using (company_id = (select app_company_id()));
create policy platform on user_activity using ((select app_is_platform()));
grant select, insert, update, delete on user_activity to scalehub_app;

-- Up to when the hours, days or weeks are rolled up, for whoever reads them: what is later is still in the finer rows. It tells a
-- company nothing of others.
create function metrics_rolled_up_to(wanted text) returns timestamptz
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    -- In UTC, wherever the server is: a day there may have 23 hours.
    select (starts_at at time zone 'utc' + ('1 ' || step)::interval) at time zone 'utc' from request_metrics_rollups
    where company_id = '00000000-0000-0000-0000-000000000000' and step = wanted order by starts_at desc limit 1
$$;
revoke all on function metrics_rolled_up_to(text) from public;
grant execute on function metrics_rolled_up_to(text) to scalehub_app;
