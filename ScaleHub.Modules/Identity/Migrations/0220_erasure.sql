-- A company can be erased: after a time in which its owner can think better of it, everything of it goes.
set local lock_timeout = '3s';
alter table companies add column erase_at timestamptz;
create index companies_to_erase on companies (erase_at) where erase_at is not null;

-- Deletes up to most rows of a company whose time has come, for the platform, from the first table that has some which nothing refers to;
-- 0 when no row is left but the company's own. It goes by the catalogue, so a new table is not forgotten. Partitions are tables of
-- their own here.
create function erase_rows(company uuid, most int) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    target  regclass;
    deleted bigint;
    blocked boolean := false;
begin
    if not app_is_platform() then raise exception 'only the platform may erase' using errcode = 'insufficient_privilege'; end if;
    if not exists (select from companies where id = company and erase_at <= now()) then
        raise exception 'the company is not to be erased' using errcode = 'object_not_in_prerequisite_state';
    end if;
    for target in
        select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.oid desc
    loop
        begin
            execute format('delete from %s where ctid = any(array(select ctid from %s where company_id = $1 limit $2))', target, target)
                using company, most;
            get diagnostics deleted = row_count;
            if deleted > 0 then return deleted; end if;
        exception when foreign_key_violation then
            -- What refers to it goes first.
            blocked := true;
        end;
    end loop;
    if blocked then raise exception 'rows of the company refer to each other in a circle'; end if;
    return 0;
end $$;
revoke all on function erase_rows(uuid, int) from public;
grant execute on function erase_rows(uuid, int) to scalehub_app;

-- The company's own row, when nothing else is left.
create function erase_company(company uuid) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if erase_rows(company, 1) > 0 then raise exception 'the company still has rows' using errcode = 'object_not_in_prerequisite_state'; end if;
    delete from companies where id = company;
end $$;
revoke all on function erase_company(uuid) from public;
grant execute on function erase_company(uuid) to scalehub_app;
