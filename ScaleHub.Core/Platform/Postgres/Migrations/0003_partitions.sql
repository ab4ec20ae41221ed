-- The platform acts as a company of its own, with the greatest of all identifiers (RFC 9562, 5.10): an identifier that was
-- forgotten is null or zero, never this. Its jobs and audit entries are rows of that company; what it may see of other
-- companies, the tables below say one by one in a policy named "platform".
create function app_is_platform() returns boolean language sql stable parallel safe as
    $$ select coalesce(app_company_id() = 'ffffffff-ffff-ffff-ffff-ffffffffffff', false) $$;
alter table companies add check (id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff');
-- Schedules and operators go through all companies.
create policy platform on companies for select using ((select app_is_platform()));

-- A temporary table must not stand in for one that a security definer function reads; where pg_temp is not named, it comes first.
alter function find_login(text) set search_path = pg_catalog, public, pg_temp;
alter function node_state() set search_path = pg_catalog, pg_temp;

create function uuid7_floor(at timestamptz) returns uuid language sql immutable strict parallel safe as
    $$ select rpad(lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0'), 32, '0')::uuid $$;
comment on function uuid7_floor(timestamptz) is
    'The least UUIDv7 of a moment. Bounds partitions by id, and turns "from, to" on the time of creation into a range of ids.';

-- The tables that are partitioned by time. The key is a UUIDv7 (so that the primary key stays (company_id, id), and a lookup or a
-- page by id touches one partition), a date, or a time. Between them, the two functions below keep partitions for the time from
-- keep ago to ahead from now, in UTC. An administrator changes a row here and the keeper follows within the hour.
create table partitioned_tables (
    name  text     not null primary key check (name ~ '^[a-z_]{1,50}$'),
    step  interval not null check (step in ('1 day', '1 month')),
    -- Inserts go on for so long when no keeper runs.
    ahead interval not null check (ahead >= 2 * step),
    -- A partition is dropped when its youngest row is older. Null: never, and the first partitions begin a year back.
    keep  interval check (keep >= step)
);

-- Makes what is missing, and says of each whether it was made: it was not when somebody held a lock for longer than the
-- time-out, and then the next call tries again. Attaching, unlike "create table … partition of", lets reads and writes
-- of the table go on.
create function make_partitions() returns table (partition text, made boolean)
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp set lock_timeout = '10s' as $$
declare
    t      record;
    starts timestamp;
    bounds text[];
begin
    -- One at a time, and never while the other function drops.
    perform pg_advisory_xact_lock(x'5CA1EB0C'::bigint);
    set local lock_timeout = '100ms';
    for t in
        select p.name, p.step, format_type(a.atttypid, null) as key_type,
               date_trunc(case p.step when '1 day' then 'day' else 'month' end,
                   (now() - coalesce(p.keep, '12 months')) at time zone 'utc') as first,
               (now() + p.ahead) at time zone 'utc' as last
        from partitioned_tables p
        join pg_partitioned_table pt on pt.partrelid = to_regclass('public.' || p.name)
        join pg_attribute a on a.attrelid = pt.partrelid and a.attnum = pt.partattrs[0]
        order by p.name
    loop
        for starts in select generate_series(t.first, t.last, t.step) loop
            partition := t.name || '_p' || to_char(starts, 'YYYYMMDD');
            continue when to_regclass('public.' || partition) is not null;
            select array_agg(case t.key_type
                       when 'uuid' then uuid7_floor(b at time zone 'utc')::text
                       when 'date' then b::date::text
                       else to_char(b, 'YYYY-MM-DD') || ' 00:00:00+00' end order by b)
                into bounds from unnest(array[starts, starts + t.step]) b;
            begin
                execute format(
                    'create table public.%I (like public.%I including defaults including constraints including storage)',
                    partition, t.name);
                -- Partitions are reached through their table, whose policies hold. Asked directly, they show nothing.
                execute format('alter table public.%I enable row level security', partition);
                execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
                    t.name, partition, bounds[1], bounds[2]);
                made := true;
            exception when lock_not_available then
                made := false;
            end;
            return next;
        end loop;
    end loop;
end $$;

-- Drops one expired partition and says which; null when there is none, or none whose table could be locked. One for
-- each call, so that a transaction holds one table's lock, and for a moment: queries wait for it at most the time-out.
create function drop_expired_partition() returns text
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp set lock_timeout = '10s' as $$
declare
    expired text;
begin
    perform pg_advisory_xact_lock(x'5CA1EB0C'::bigint);
    set local lock_timeout = '100ms';
    for expired in
        select c.relname
        from partitioned_tables p
        join pg_inherits i on i.inhparent = to_regclass('public.' || p.name)
        join pg_class c on c.oid = i.inhrelid and c.relname ~ ('^' || p.name || '_p[0-9]{8}$')
        where to_date(right(c.relname, 8), 'YYYYMMDD') + p.step <= (now() - p.keep) at time zone 'utc'
        order by c.relname
    loop
        begin
            execute format('drop table public.%I', expired);
            return expired;
        exception when lock_not_available then
            continue;
        end;
    end loop;
    return null;
end $$;

-- They take no input and do nothing but what the table above says.
revoke all on function make_partitions(), drop_expired_partition() from public;
grant execute on function make_partitions(), drop_expired_partition() to scalehub_app;
