-- The search looks into a table of its own. The version before runs on it.
--
-- It reads every task once, and tasks cannot be written meanwhile. For a lock it waits three seconds, as requests would queue up behind
-- it; then nothing of it is applied, and it can run again.
set local lock_timeout = '3s';

do $$ begin
    -- "create index concurrently", by which 0090's indexes can be made first, leaves such a one behind when it fails, and no query would
    -- ever use it.
    if exists (select from pg_index where not indisvalid and indexrelid::regclass::text in ('tasks_of_assignee', 'tasks_by_due')) then
        raise exception 'an index of tasks that was made by hand is not valid; drop it, and make it again';
    end if;
end $$;

-- The words of each task, for the search, beside the tasks: in an index of tasks itself, every change of a state or a date would
-- put all words of the task into the index anew. A trigger writes them when the text changes, and nobody else does.
create table task_words (
    company_id uuid     not null,
    task_id    uuid     not null,
    words      tsvector not null,
    primary key (company_id, task_id),
    foreign key (company_id, task_id) references tasks (company_id, id) on delete cascade
);
alter table task_words enable row level security;
create policy tenant on task_words using (company_id = (select app_company_id()));
grant select on task_words to scalehub_app;

create function write_task_words() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into task_words (company_id, task_id, words)
    values (new.company_id, new.id, to_tsvector('simple', new.title || ' ' || coalesce(new.description, '')))
    on conflict (company_id, task_id) do update set words = excluded.words;
    return null;
end $$;
revoke all on function write_task_words() from public;
create trigger task_words after insert or update of title, description on tasks for each row execute function write_task_words();
insert into task_words (company_id, task_id, words)
select company_id, id, to_tsvector('simple', title || ' ' || coalesce(description, '')) from tasks;

-- As with the index before: the company leads, and no list of pending entries.
create index task_words_search on task_words using gin (company_id, words) with (fastupdate = off);

-- Which tasks match, newest first, as before: 0090 says why it is a function. The planner must see the values: a rare word is looked
-- up in the index, a common one is soon found along the primary key. Words that are all common and hardly ever together, or a common
-- one that is excluded, take a walk through the words of the company's tasks.
create or replace function find_tasks(
    query text, before uuid, most int, in_state text, of_assignee uuid, due_from timestamptz, due_before timestamptz)
    returns setof uuid language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    company constant uuid := app_company_id();
    -- It takes any text, but fails at a row of more than 32 minus signs that wait for a word: a row is one.
    wanted constant tsquery := websearch_to_tsquery('simple', regexp_replace(query, '(?<![^\s!&|()"])-[-\s!&|()]*-', '-', 'g'));
begin
    return query
        select w.task_id from task_words w join tasks t on t.company_id = w.company_id and t.id = w.task_id
        where w.company_id = company and t.company_id = company and w.words @@ wanted
          and (before is null or w.task_id < before)
          and (in_state is null or t.status = in_state)
          and (of_assignee is null or t.assignee_id = of_assignee)
          and (due_from is null or t.due_at >= due_from)
          and (due_before is null or t.due_at < due_before)
        order by w.task_id desc limit most;
end $$;

-- Nothing reads it any more: the version before searches by the function as well.
drop index tasks_search;
