-- The queue of 0009_platform.sql as the worker needs it. No program has written a job so far, so nothing is converted.
--
-- A job is one of:
--   scheduled  it has to wait for due_at: its first run was asked for later, or it failed and is tried again then;
--   queued     the next worker takes it;
--   blocked    queued, but an earlier one with its ordering key is not done yet; makes claims cheap, is never relied on;
--   running    a worker has it until due_at, the end of its lease;
--   dead       it failed for good, and waits for somebody to look at it.
-- What is done or cancelled moves to finished_jobs.
alter table jobs drop constraint jobs_state_check;
alter table jobs add constraint jobs_state_check check (state in ('scheduled', 'queued', 'blocked', 'running', 'dead'));
-- In order of insertion, which identifiers are not: they come from the clocks of several machines.
alter table jobs add column seq bigint generated always as identity;
alter table jobs add column progress_text text check (char_length(progress_text) <= 200);
alter table jobs add column cancel_requested boolean not null default false;
-- Why it is dead, in words for the company; error is for operators and may name what is inside.
alter table jobs add column failure text check (char_length(failure) <= 500);
-- Every job is written three times and then deleted.
alter table jobs set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);

drop index jobs_due, jobs_in_order, jobs_dedupe;
-- Claims: the next company that has a queued job, and its first ones.
create index jobs_queued on jobs (company_id, seq) where state = 'queued';
-- What has to be queued: scheduled jobs whose time has come, leases that have ended.
create index jobs_waiting on jobs (due_at) where state in ('scheduled', 'running');
-- Whether a job with an ordering key may run, and which one is next.
create index jobs_in_order on jobs (company_id, ordering_key, seq) where ordering_key is not null and state <> 'dead';
-- A dead job does not keep its key: what it was to do may be asked for again.
create unique index jobs_dedupe on jobs (company_id, dedupe_key) where dedupe_key is not null and state <> 'dead';

alter table finished_jobs drop constraint finished_jobs_attempts_check;
-- A job that is cancelled before it ran has no attempt.
alter table finished_jobs add constraint finished_jobs_attempts_check check (attempts between 0 and 10);
alter table finished_jobs add column outcome text not null default 'succeeded' check (outcome in ('succeeded', 'cancelled'));

-- What a company sees of its jobs, those under way and those that ended; the payload is not in it, as it may hold secrets.
create view job_history with (security_invoker = true) as
    select company_id, id, kind, case state when 'blocked' then 'queued' else state end as state, attempts, progress, progress_text,
           failure, null::jsonb as result, created_by, created_at,
           case when state = 'scheduled' then due_at end as runs_at, null::timestamptz as finished_at, cancel_requested
    from jobs
    union all
    select company_id, id, kind, outcome, attempts, case outcome when 'succeeded' then 100 else 0 end, null,
           null, result, created_by, created_at,
           null, finished_at, outcome = 'cancelled'
    from finished_jobs;
-- Operators see the error too, of all companies.
create view dead_jobs with (security_invoker = true) as
    select company_id, id, kind, attempts, error, trace_parent, created_at from jobs where state = 'dead' and (select app_is_platform());
grant select on job_history, dead_jobs to scalehub_app;

-- The lock of an ordering key: who decides whether a job with it may run holds it, and who ends one, until the transaction ends.
create function job_lane(company uuid, ordering_key text) returns bigint language sql immutable strict parallel safe as
    $$ select hashtextextended(company::text || ordering_key, 4714) $$;

-- Takes the lock of a job's ordering key, if it has one. Whoever ends a job calls it before touching the row: two who took the one and
-- the other first would wait for each other.
create function lock_lane(company uuid, job uuid) returns void language plpgsql as $$
declare
    lane text;
begin
    select ordering_key into lane from jobs where company_id = company and id = job;
    if lane is not null then perform pg_advisory_xact_lock(job_lane(company, lane)); end if;
end $$;

-- Lets the next job with the ordering key run. Call it with the lock, behind the change that ended the one before.
create function release_lane(company uuid, lane text) returns void language plpgsql as $$
begin
    update jobs set state = 'queued'
    where company_id = company and id = (
        select id from jobs where company_id = company and ordering_key = lane and state = 'blocked' order by seq limit 1);
end $$;

-- Takes up to most jobs for a worker, as the platform. Goes through the companies in turn, beginning behind the one that was
-- served last, and takes at most per_company of each; a company in busy is passed over. One round trip, however many companies.
--
-- The settings keep the planner on the index: it would plan for the empty table that it usually sees.
create function claim_jobs(
    worker text, kinds text[], last_company uuid, busy uuid[], per_company int, most int, lease interval)
    returns table (company_id uuid, id uuid, kind text, payload text, attempts int, fence bigint, trace_parent text, created_by uuid,
        created_at timestamptz, waited interval, cancel_requested boolean)
    language plpgsql set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
#variable_conflict use_column
declare
    company uuid := last_company;
    around  boolean := false;
    job     record;
    room    int;
    seen    int;
begin
    while most > 0 loop
        select j.company_id into company from jobs j
        where j.state = 'queued' and j.company_id > company order by j.company_id limit 1;
        if company is null then
            exit when around;
            around := true;
            company := '00000000-0000-0000-0000-000000000000';
            continue;
        end if;
        exit when around and company > last_company;
        continue when company = any(busy);
        room := least(per_company, most);
        -- Several rounds, because jobs that are only marked as blocked take places in the first ones.
        for round in 1..4 loop
            seen := 0;
            for job in
                select j.id, j.ordering_key, j.seq, j.due_at from jobs j
                where j.company_id = company and j.state = 'queued' and j.kind = any(kinds)
                order by j.seq limit room for update skip locked
            loop
                seen := seen + 1;
                if job.ordering_key is not null then
                    -- Whoever else decides about this key, or ends a job with it, is not finished: the next claim looks again.
                    continue when not pg_try_advisory_xact_lock(job_lane(company, job.ordering_key));
                    if exists (
                        select from jobs o
                        where o.company_id = company and o.ordering_key = job.ordering_key and o.state <> 'dead' and o.id <> job.id
                          and (o.seq < job.seq or o.state = 'running' or (o.state = 'scheduled' and o.attempts > 0)))
                    then
                        update jobs j set state = 'blocked' where j.company_id = company and j.id = job.id;
                        continue;
                    end if;
                end if;
                return query
                    update jobs j set state = 'running', attempts = j.attempts + 1, fence = j.fence + 1, claimed_by = worker,
                        due_at = now() + lease, progress = 0, progress_text = null
                    where j.company_id = company and j.id = job.id
                    returning j.company_id, j.id, j.kind, j.payload::text, j.attempts, j.fence, j.trace_parent, j.created_by,
                        j.created_at, now() - job.due_at, j.cancel_requested;
                room := room - 1;
                most := most - 1;
            end loop;
            exit when room = 0 or seen = 0;
        end loop;
    end loop;
end $$;

-- Ends a job that its holder ran to the end, in the transaction of its effects. False: somebody else has it, or it is gone; then
-- the effects must not stay.
create function finish_job(company uuid, job uuid, token bigint, outcome text, result jsonb) returns boolean language plpgsql as $$
declare
    gone jobs%rowtype;
begin
    perform lock_lane(company, job);
    delete from jobs where company_id = company and id = job and fence = token and state = 'running' returning * into gone;
    if not found then return false; end if;
    insert into finished_jobs (company_id, id, kind, attempts, result, created_by, created_at, outcome)
    values (gone.company_id, gone.id, gone.kind, gone.attempts, result, gone.created_by, gone.created_at, outcome);
    if gone.ordering_key is not null then perform release_lane(company, gone.ordering_key); end if;
    return true;
end $$;

-- Puts a job back that its holder could not do: to be tried after a while, or dead. Null: somebody else has it.
create function fail_job(company uuid, job uuid, token bigint, reason text, told text, retry_after interval, for_good boolean)
    returns text language plpgsql as $$
declare
    put jobs%rowtype;
begin
    perform lock_lane(company, job);
    update jobs set state = case when for_good or attempts >= 10 then 'dead' else 'scheduled' end,
        due_at = now() + retry_after, error = left(reason, 10000), failure = left(told, 500), claimed_by = null
    where company_id = company and id = job and fence = token and state = 'running' returning * into put;
    if put.state = 'dead' and put.ordering_key is not null then perform release_lane(company, put.ordering_key); end if;
    return put.state;
end $$;

-- Cancels what has not begun, and asks whoever runs it to stop. Returns the state that it had; null: there is no such job.
create function cancel_job(company uuid, job uuid) returns text language plpgsql as $$
declare
    had jobs%rowtype;
begin
    perform lock_lane(company, job);
    select * into had from jobs where company_id = company and id = job for update;
    if not found then return null; end if;
    if had.state = 'running' then
        update jobs set cancel_requested = true where company_id = company and id = job;
    else
        delete from jobs where company_id = company and id = job;
        insert into finished_jobs (company_id, id, kind, attempts, created_by, created_at, outcome)
        values (had.company_id, had.id, had.kind, had.attempts, had.created_by, had.created_at, 'cancelled');
        if had.ordering_key is not null then perform release_lane(company, had.ordering_key); end if;
    end if;
    return had.state;
end $$;

-- Queues what is due, and what a worker held until its lease ended. Any number of workers call it, as the platform; what one of
-- them has locked, the others pass over. Returns how many.
create function queue_due_jobs(most int) returns int language plpgsql set enable_seqscan = off as $$
declare
    job   record;
    count int := 0;
begin
    for job in
        select company_id, id, state, attempts, ordering_key from jobs
        where state in ('scheduled', 'running') and due_at <= now() order by due_at limit most for update skip locked
    loop
        -- The row is locked already, so the key's lock is not waited for: the next call comes soon.
        continue when job.state = 'running' and job.attempts >= 10 and job.ordering_key is not null
            and not pg_try_advisory_xact_lock(job_lane(job.company_id, job.ordering_key));
        count := count + 1;
        if job.state = 'running' then
            update jobs set state = case when attempts >= 10 then 'dead' else 'queued' end, due_at = now(), claimed_by = null,
                error = 'The worker that had the job ended, or lost its lease, before the job was done.'
            where company_id = job.company_id and id = job.id;
            if job.attempts >= 10 and job.ordering_key is not null then
                perform release_lane(job.company_id, job.ordering_key);
            end if;
        else
            update jobs set state = 'queued' where company_id = job.company_id and id = job.id;
        end if;
    end loop;
    return count;
end $$;

-- Queues the first blocked job of every ordering key that has nothing else under way. Claims look again before one runs, so that
-- this may be wrong; it mends what an interrupted change could have left.
create function queue_forgotten_jobs() returns int language plpgsql as $$
declare
    count int;
begin
    update jobs j set state = 'queued'
    from (select distinct on (company_id, ordering_key) company_id, id, ordering_key, seq from jobs
          where state = 'blocked' and ordering_key is not null order by company_id, ordering_key, seq) first
    where j.company_id = first.company_id and j.id = first.id and j.state = 'blocked'
      and not exists (select from jobs o where o.company_id = first.company_id and o.ordering_key = first.ordering_key
                      and o.state in ('queued', 'running', 'scheduled') and o.seq <> first.seq);
    get diagnostics count = row_count;
    return count;
end $$;
