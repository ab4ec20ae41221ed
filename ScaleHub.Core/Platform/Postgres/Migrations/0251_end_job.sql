-- Ends a job as the last statement of its handler's transaction, in one round trip with the commit: it fails, and the commit with it,
-- when the job is another worker's by now.
create function end_job(company uuid, job uuid, token bigint, outcome text, result jsonb) returns void language plpgsql as $$
begin
    if not finish_job(company, job, token, outcome, result) then
        raise exception 'the job is another worker''s by now' using errcode = 'SH001';
    end if;
end $$;
