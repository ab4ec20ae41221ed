-- The platform's look over all companies: those that have an address in use, in the order of their ids. It tells no more than that.
create index virtual_addresses_active on virtual_addresses (company_id) where status = 'active';
create function companies_with_addresses(after uuid, most int) returns setof uuid
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if not app_is_platform() then raise exception 'only the platform may ask' using errcode = 'insufficient_privilege'; end if;
    return query select c.id from companies c
        where c.id > after and exists (select from virtual_addresses a where a.company_id = c.id and a.status = 'active')
        order by c.id limit most;
end $$;
revoke all on function companies_with_addresses(uuid, int) from public;
grant execute on function companies_with_addresses(uuid, int) to scalehub_app;
