-- Run once as the schema's owner on a Citus coordinator, after "migrate" and before any data. Not run in this repository's tests;
-- see README.md. The schema keeps to Citus's rules all the time: tests in SchemaRulesTests see to that.
begin;

-- A distributed table may refer to a reference table, not the other way round, so these come first. logins points to users, and
-- gives that up: it is looked up by an address whose company is not known yet, and so cannot be spread by company.
alter table logins drop constraint logins_company_id_user_id_fkey;
select create_reference_table('plans');
select create_reference_table('prices');
select create_reference_table('logins');
-- signing_keys, schedules, partitioned_tables and schema_migrations stay local to the coordinator.

-- By company, each after those that it refers to. Rows of a company end up on one node, so that foreign keys, joins and
-- transactions within a company stay there.
select create_distributed_table('companies', 'id');
select create_distributed_table('users', 'company_id', colocate_with => 'companies');
select create_distributed_table('sessions', 'company_id', colocate_with => 'companies');
select create_distributed_table('tasks', 'company_id', colocate_with => 'companies');
select create_distributed_table('patients', 'company_id', colocate_with => 'companies');
select create_distributed_table('products', 'company_id', colocate_with => 'companies');
select create_distributed_table('orders', 'company_id', colocate_with => 'companies');
select create_distributed_table('order_lines', 'company_id', colocate_with => 'companies');
select create_distributed_table('exams', 'company_id', colocate_with => 'companies');
select create_distributed_table('subscriptions', 'company_id', colocate_with => 'companies');
select create_distributed_table('invoices', 'company_id', colocate_with => 'companies');
select create_distributed_table('invoice_lines', 'company_id', colocate_with => 'companies');
select create_distributed_table('usage_charges', 'company_id', colocate_with => 'companies');
select create_distributed_table('payments', 'company_id', colocate_with => 'companies');
select create_distributed_table('virtual_addresses', 'company_id', colocate_with => 'companies');
select create_distributed_table('mail_items', 'company_id', colocate_with => 'companies');
select create_distributed_table('attachments', 'company_id', colocate_with => 'companies');
select create_distributed_table('forwarding_requests', 'company_id', colocate_with => 'companies');
select create_distributed_table('card_packs', 'company_id', colocate_with => 'companies');
select create_distributed_table('user_next_seeds', 'company_id', colocate_with => 'companies');
select create_distributed_table('user_cards', 'company_id', colocate_with => 'companies');
select create_distributed_table('global_feed', 'company_id', colocate_with => 'companies');
select create_distributed_table('shipping_requests', 'company_id', colocate_with => 'companies');
select create_distributed_table('shipping_request_cards', 'company_id', colocate_with => 'companies');
select create_distributed_table('notifications', 'company_id', colocate_with => 'companies');
select create_distributed_table('exports', 'company_id', colocate_with => 'companies');
select create_distributed_table('idempotency_keys', 'company_id', colocate_with => 'companies');
select create_distributed_table('jobs', 'company_id', colocate_with => 'companies');
select create_distributed_table('finished_jobs', 'company_id', colocate_with => 'companies');
select create_distributed_table('quota_counters', 'company_id', colocate_with => 'companies');
select create_distributed_table('request_metrics', 'company_id', colocate_with => 'companies');
select create_distributed_table('request_metrics_rollups', 'company_id', colocate_with => 'companies');
select create_distributed_table('audit_log', 'company_id', colocate_with => 'companies');

commit;
