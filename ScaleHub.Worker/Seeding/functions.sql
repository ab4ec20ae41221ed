-- Of the connection that seeds, and gone with it.
create or replace function pg_temp.seed_part(key text) returns double precision language sql immutable as
    $$ select ('x' || substr(md5(key), 1, 7))::bit(28)::int / 268435456.0 $$;
create or replace function pg_temp.seed_id(at timestamptz, key text) returns uuid language sql immutable as
    $$ select overlay(uuid7_floor(at)::text placing '7' || substr(md5(key), 1, 3) || '-8' || substr(md5(key), 4, 3) || '-' || substr(md5(key), 7, 12) from 15)::uuid $$;
create or replace function pg_temp.seed_pick(words text[], key text) returns text language sql immutable as
    $$ select words[1 + floor(pg_temp.seed_part(key) * array_length(words, 1))::int] $$;
create temporary table if not exists seeded (
    company_id uuid, kind text, n int, number int, at timestamptz, id uuid, owner uuid, plan text, primary key (company_id, kind, n));
create temporary table if not exists seeded_lines (
    company_id uuid, order_id uuid, line int, product_id uuid, quantity int, unit_price_minor bigint, at timestamptz);
create temporary table if not exists seeded_moves (
    company_id uuid, product_id uuid, id uuid, reason text, quantity int, order_id uuid, made_by uuid, at timestamptz);
-- One of the seeded rows of a kind, of those that were there when the place of another among all was this.
create or replace function pg_temp.seed_row(company uuid, wanted text, key text, place int, of_all int) returns uuid language sql stable as $$
    select s.id from seeded first
    join seeded s on s.company_id = company and s.kind = wanted
        and s.n = 1 + floor(pg_temp.seed_part(key) * first.number * place / of_all)::int
    where first.company_id = company and first.kind = wanted and first.n = 1 $$;
-- The history lies in months that the keeper of partitions may not have made.
do $$
declare
    starts date;
    target text;
begin
    -- One at a time, and not beside the keeper.
    perform pg_advisory_xact_lock(x'5CA1EB0C'::bigint);
    foreach target in array array['usage_charges', 'global_feed'] loop
        for starts in select generate_series(date '2026-04-01', '2026-06-01', '1 month') loop
            continue when to_regclass('public.' || target || '_p' || to_char(starts, 'YYYYMMDD')) is not null;
            execute format('create table public.%I partition of public.%I for values from (%L) to (%L)', target || '_p' || to_char(starts, 'YYYYMMDD'),
                target, uuid7_floor(starts::timestamp at time zone 'utc'), uuid7_floor((starts + interval '1 month') at time zone 'utc'));
            execute format('alter table public.%I enable row level security', target || '_p' || to_char(starts, 'YYYYMMDD'));
        end loop;
    end loop;
end $$;
