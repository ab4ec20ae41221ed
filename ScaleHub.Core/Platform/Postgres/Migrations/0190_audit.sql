-- Who acted, and what kind of thing the entry is about, for the list's filters. Nothing had been written to the log before. The version
-- before does not write to it, and the defaults are for whoever does so by hand.
alter table audit_log
    -- "system" is a job that nobody caused, or a request of somebody who is not known yet. "platform" is an operator, or the platform's
    -- own work.
    add column actor text not null default 'system' check (actor in ('user', 'api_key', 'platform', 'system')),
    -- The key that acted in the name of user_id.
    add column api_key_id uuid,
    -- The action up to its dot: of "task.updated" it is "task".
    add column kind text check (kind = split_part(action, '.', 1));

-- All entries with one action, and those of all actions on one kind of thing, newest first.
create index audit_log_by_action on audit_log (company_id, action, id desc);
create index audit_log_by_kind on audit_log (company_id, kind, id desc);

-- What the platform changes of a company's is in the log of that company. The policy is for inserts alone: it shows the platform nothing,
-- and a select still has one policy, which is an index condition.
create policy platform on audit_log for insert with check ((select app_is_platform()));

create function uuid7_at(at timestamptz) returns uuid language sql volatile strict parallel safe as
    $$ select (left(uuid7_floor(at)::text, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid $$;
comment on function uuid7_at(timestamptz) is 'A new UUIDv7 of a moment (RFC 9562, 5.7).';
