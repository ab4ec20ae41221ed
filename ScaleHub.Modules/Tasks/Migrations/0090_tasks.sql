-- Assignees, due dates, search and comments. Nothing here rewrites a table, and the version before runs on it.
--
-- On a large database, make the extension and the three indexes by hand first, each with "create index concurrently" and the name
-- and columns below: the migration then finds them and locks nothing for long. Without that, tasks cannot be written while it runs.
-- For a lock it waits three seconds, as requests would queue up behind it; then nothing of it is applied, and it can run again.
set local lock_timeout = '3s';

-- The lists of an assignee and of a span of due dates, newest first. (tasks_by_assignee serves an assignee's tasks in one state.) A
-- span is not an index's order: the planner sorts a narrow one, and for a wide one follows the primary key until the page is full.
create index if not exists tasks_of_assignee on tasks (company_id, assignee_id, id desc);
create index if not exists tasks_by_due on tasks (company_id, due_at, id desc) where due_at is not null;

-- The search. An index on the expression, because a generated column would rewrite the whole table under an exclusive lock. The
-- company leads, so a word costs a company what it costs among its own tasks, however many others use it; for a uuid in a GIN
-- index this takes btree_gin, which any owner of a database may create. Without a list of pending entries, which each search would
-- have to read from end to end.
create extension if not exists btree_gin;
create index if not exists tasks_search on tasks
    using gin (company_id, to_tsvector('simple', title || ' ' || coalesce(description, ''))) with (fastupdate = off);

-- Which tasks match, newest first. A query of the application could not use the index: @@ is not leakproof, so under row-level
-- security PostgreSQL applies it only to rows that have passed the policy, which means to each task of the company. This
-- function runs with the owner's rights, which the policy does not confine; it names the company of the statement itself, and it
-- gives out identifiers alone. Who reads the tasks behind them is confined by the policy as ever.
--
-- The planner must see the values: a rare word is looked up in the index, a common one is soon found along the primary key.
-- "most" bounds what one page costs. A filter that is null does not count.
create function find_tasks(
    query text, before uuid, most int, in_state text, of_assignee uuid, due_from timestamptz, due_before timestamptz)
    returns setof uuid language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    company constant uuid := app_company_id();
    -- It takes any text, but fails at a row of more than 32 minus signs that wait for a word: a row is one.
    wanted constant tsquery := websearch_to_tsquery('simple', regexp_replace(query, '(?<![^\s!&|()"])-[-\s!&|()]*-', '-', 'g'));
begin
    return query
        select t.id from tasks t
        where t.company_id = company
          and to_tsvector('simple', t.title || ' ' || coalesce(t.description, '')) @@ wanted
          and (before is null or t.id < before)
          and (in_state is null or t.status = in_state)
          and (of_assignee is null or t.assignee_id = of_assignee)
          and (due_from is null or t.due_at >= due_from)
          and (due_before is null or t.due_at < due_before)
        order by t.id desc limit most;
end $$;
revoke all on function find_tasks(text, uuid, int, text, uuid, timestamptz, timestamptz) from public;
grant execute on function find_tasks(text, uuid, int, text, uuid, timestamptz, timestamptz) to scalehub_app;

create table task_comments (
    company_id uuid        not null,
    id         uuid        not null,
    task_id    uuid        not null,
    author_id  uuid        not null,
    text       text        not null check (char_length(text) between 1 and 10000),
    created_at timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, task_id) references tasks (company_id, id) on delete cascade,
    foreign key (company_id, author_id) references users (company_id, id)
);
-- The comments of a task, newest first, and what goes with it when it is deleted.
create index task_comments_by_task on task_comments (company_id, task_id, id desc);
alter table task_comments enable row level security;
create policy tenant on task_comments using (company_id = (select app_company_id()));

grant select, insert, update, delete on task_comments to scalehub_app;
