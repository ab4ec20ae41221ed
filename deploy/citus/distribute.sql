-- Run once as the schema's owner on a Citus coordinator, after "migrate" and before any data. Which tables there are is read from the
-- catalogue, so a new one of a module is distributed too. Tests run this script with functions in place of Citus's own, and the rules
-- of Citus are kept by the schema all the time (SchemaRulesTests); it is not run on Citus itself. See README.md.
begin;

-- logins points to users, and gives that up: it is looked up by an address whose company is not known yet, and so cannot be spread by
-- company.
alter table logins drop constraint logins_company_id_user_id_fkey;

do $$
declare
    tab regclass;
    -- They stay on the coordinator, which alone reads or writes them.
    stay constant text[] := array['instances', 'schedules', 'signing_keys', 'partitioned_tables', 'schema_migrations'];
begin
    create temporary table steps on commit drop as
        with recursive tables as (
            select c.oid, c.relname,
                   -- A distributed table may refer to a reference table, not the other way round.
                   c.relname <> 'logins' and exists (select from pg_attribute a
                       where a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped) as of_company
            from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                  and c.relname <> 'companies' and not c.relname = any (stay)),
        -- Each after those that it refers to.
        deep as (
            select oid, 0 as level from tables
            union
            select k.conrelid, d.level + 1 from deep d
                join pg_constraint k on k.contype = 'f' and k.confrelid = d.oid and k.conrelid <> d.oid
            where d.level < 20)
        select t.oid, t.of_company, (select max(d.level) from deep d where d.oid = t.oid) as level, t.relname from tables t;
    for tab in select oid::regclass from steps where not of_company order by level, relname loop
        perform create_reference_table(tab);
    end loop;
    perform create_distributed_table('companies', 'id');
    -- Rows of a company end up on one node, so that foreign keys, joins and transactions within a company stay there.
    for tab in select oid::regclass from steps where of_company order by level, relname loop
        perform create_distributed_table(tab, 'company_id', colocate_with => 'companies');
    end loop;
end $$;

commit;
