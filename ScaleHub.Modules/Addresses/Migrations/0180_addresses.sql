-- The module of addresses. Nothing here rewrites a table. For a lock it waits three seconds, as requests would queue up behind
-- it; then nothing of it is applied, and it can run again.
set local lock_timeout = '3s';

-- An address's mail in a state, newest first.
create index mail_items_of_address_by_status on mail_items (company_id, address_id, status, id desc);

-- The quota: how many addresses each plan allows at a time. One that is closed does not count.
insert into quotas (resource, monthly, place) values ('addresses', false, 180);
insert into plan_quotas (plan, resource, quota) values
    ('FREE', 'addresses', 2), ('BASIC', 'addresses', 20), ('PROFESSIONAL', 'addresses', 200), ('ENTERPRISE', 'addresses', 10000);
create function count_addresses(company uuid, period int) returns bigint language sql stable as
    $$ select count(*) from virtual_addresses where company_id = company and status = 'active' $$;
