-- Quotas are counted by these functions alone. They run with the caller's rights, so policies hold; the company is named in every
-- statement, so that a sharded database can send each to one node.

create function quota_limit(p plans, wanted text) returns bigint language sql immutable parallel safe as
    $$ select case wanted
           when 'users' then p.users
           when 'patients' then p.patients
           when 'orders' then p.orders_per_month
           when 'products' then p.products
           when 'exams' then p.exams_per_month
       end::bigint $$;

-- A month is a range of identifiers, as they begin with their time: the same one that told which month a row was counted in.
create function quota_month_floor(period int, months int) returns uuid language sql immutable parallel safe as
    $$ select uuid7_floor((make_date(period / 100, period % 100, 1) + make_interval(months => months)) at time zone 'utc') $$;

create function count_quota(company uuid, wanted text, period int) returns bigint language sql stable as
    $$ select case wanted
           when 'users' then (select count(*) from users where company_id = company and deleted_at is null)
           when 'patients' then (select count(*) from patients where company_id = company)
           when 'orders' then (select count(*) from orders where company_id = company
               and id >= quota_month_floor(period, 0) and id < quota_month_floor(period, 1))
           when 'products' then (select count(*) from products where company_id = company)
           when 'exams' then (select count(*) from exams where company_id = company
               and id >= quota_month_floor(period, 0) and id < quota_month_floor(period, 1))
       end $$;
comment on function count_quota(uuid, text, int) is 'What a quota counts, counted in the rows. The counters must say the same.';

-- Moves a counter, and keeps its row locked until the transaction ends: whoever creates or deletes what it counts comes here
-- first, then touches the rows. A counter that is missing is made from the rows: nothing is counted before the first use.
-- When the plan does not allow it, the counter stays as it was and "granted" is false; giving back is always granted.
create function change_quota(company uuid, wanted text, period int, delta int)
    returns table (granted boolean, company_plan text, quota bigint, used bigint, upgrade_to text)
    language plpgsql as $$
#variable_conflict use_column
declare
    now_used bigint;
    current  plans;
begin
    -- Not below zero: rows that were there before somebody wrote past the counter must remain deletable.
    update quota_counters c set used = greatest(c.used + delta, 0)
        where c.company_id = company and c.resource = wanted and c.period_yyyymm = period
        returning c.used into now_used;
    if not found then
        insert into quota_counters as c (company_id, resource, period_yyyymm, used)
            values (company, wanted, period, greatest(count_quota(company, wanted, period) + delta, 0))
            on conflict (company_id, resource, period_yyyymm) do update set used = greatest(c.used + delta, 0)
            returning c.used into now_used;
    end if;
    -- A statement of its own, after the lock: it sees the plan that a change of plan, which takes the same lock, has left.
    select p.* into current from companies c join plans p on p.plan = c.plan where c.id = company;
    company_plan := current.plan;
    quota := quota_limit(current, wanted);
    granted := delta <= 0 or now_used <= quota;
    if not granted then
        update quota_counters c set used = c.used - delta
            where c.company_id = company and c.resource = wanted and c.period_yyyymm = period
            returning c.used into now_used;
        upgrade_to := (select p.plan from plans p
            where p.rank > current.rank and quota_limit(p, wanted) >= now_used + delta order by p.rank limit 1);
    end if;
    used := now_used;
    return next;
end $$;

-- How a company stands, for reading on any node: locks nothing. No row: there is no such company.
create function quota_status(company uuid, month int)
    returns table (resource text, company_plan text, quota bigint, used bigint, monthly boolean)
    language sql stable as $$
    select r.resource, p.plan, quota_limit(p, r.resource),
           coalesce(c.used, count_quota(company, r.resource, r.period)), r.period > 0
    from companies co
    join plans p on p.plan = co.plan
    cross join (values (1, 'users', 0), (2, 'patients', 0), (3, 'orders', month), (4, 'products', 0), (5, 'exams', month))
        as r (place, resource, period)
    left join quota_counters c on c.company_id = company and c.resource = r.resource and c.period_yyyymm = r.period
    where co.id = company
    order by r.place $$;

-- Counters that disagree with the rows: always none. As the owner it shows all companies, as the application the running one.
create view quota_drift with (security_invoker = true) as
    select c.company_id, c.resource, c.period_yyyymm, c.used, count_quota(c.company_id, c.resource, c.period_yyyymm) as counted
    from quota_counters c
    where c.used <> count_quota(c.company_id, c.resource, c.period_yyyymm);

-- Sets a company's counters to what the rows say, after rows were written past them (a restore, a repair by hand). Exact while
-- others write: each counter is locked before its rows are counted. Returns how many were wrong.
create function repair_quotas(company uuid) returns int language plpgsql as $$
declare
    c        record;
    counted  bigint;
    repaired int := 0;
begin
    for c in select q.resource, q.period_yyyymm from quota_counters q where q.company_id = company order by 1, 2 loop
        perform from quota_counters q
            where q.company_id = company and q.resource = c.resource and q.period_yyyymm = c.period_yyyymm for update;
        counted := count_quota(company, c.resource, c.period_yyyymm);
        update quota_counters q set used = counted
            where q.company_id = company and q.resource = c.resource and q.period_yyyymm = c.period_yyyymm and q.used <> counted;
        if found then repaired := repaired + 1; end if;
    end loop;
    return repaired;
end $$;

grant select on quota_drift to scalehub_app;
