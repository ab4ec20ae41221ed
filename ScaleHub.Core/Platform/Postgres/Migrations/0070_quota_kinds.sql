-- What quotas there are, and how much each plan allows, become rows: a module adds a quota of its own in a migration of its own, as
-- docs/quotas.md shows, and no function changes. The columns of plans stay for instances of the release before, which read them.

-- Only migrations write these two.
create table quotas (
    resource text    not null primary key check (resource ~ '^[a-z][a-z_]{0,39}$'),
    -- Counted by calendar month (UTC) instead of as it stands.
    monthly  boolean not null,
    -- Their order in lists.
    place    int     not null unique
);
create table plan_quotas (
    plan     text   not null references plans (plan),
    resource text   not null references quotas (resource),
    quota    bigint not null check (quota >= 0),
    primary key (plan, resource)
);
grant select on quotas, plan_quotas to scalehub_app;

insert into quotas (resource, monthly, place) values
    ('users', false, 10), ('patients', false, 20), ('orders', true, 30), ('products', false, 40), ('exams', true, 50);
insert into plan_quotas (plan, resource, quota)
    select p.plan, q.resource, quota_limit(p, q.resource) from plans p cross join quotas q;

alter table quota_counters drop constraint quota_counters_resource_check;
alter table quota_counters add foreign key (resource) references quotas (resource);

-- For each quota a function count_RESOURCE(company, period) counts it in the rows.
create function count_users(company uuid, period int) returns bigint language sql stable as
    $$ select count(*) from users where company_id = company and deleted_at is null $$;
create function count_patients(company uuid, period int) returns bigint language sql stable as
    $$ select count(*) from patients where company_id = company $$;
create function count_products(company uuid, period int) returns bigint language sql stable as
    $$ select count(*) from products where company_id = company $$;
create function count_orders(company uuid, period int) returns bigint language sql stable as
    $$ select count(*) from orders where company_id = company
        and id >= quota_month_floor(period, 0) and id < quota_month_floor(period, 1) $$;
create function count_exams(company uuid, period int) returns bigint language sql stable as
    $$ select count(*) from exams where company_id = company
        and id >= quota_month_floor(period, 0) and id < quota_month_floor(period, 1) $$;

create or replace function count_quota(company uuid, wanted text, period int) returns bigint language plpgsql stable as $$
declare
    counted bigint;
begin
    execute format('select %I($1, $2)', 'count_' || wanted) into counted using company, period;
    return counted;
end $$;

-- No longer immutable: it reads a table.
create or replace function quota_limit(p plans, wanted text) returns bigint language sql stable parallel safe as
    $$ select coalesce((select q.quota from plan_quotas q where q.plan = p.plan and q.resource = wanted), 0) $$;

create or replace function quota_status(company uuid, month int)
    returns table (resource text, company_plan text, quota bigint, used bigint, monthly boolean)
    language sql stable as $$
    select q.resource, p.plan, quota_limit(p, q.resource), coalesce(c.used, count_quota(company, q.resource, r.period)), q.monthly
    from companies co
    join plans p on p.plan = co.plan
    cross join quotas q
    cross join lateral (select case when q.monthly then month else 0 end as period) r
    left join quota_counters c on c.company_id = company and c.resource = q.resource and c.period_yyyymm = r.period
    where co.id = company
    order by q.place $$;

comment on table plans is 'The quotas of a plan are in plan_quotas; the columns for them are read by the release before only.';
