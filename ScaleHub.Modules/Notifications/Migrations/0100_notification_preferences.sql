-- No program has written a notification so far.
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check check (kind in ('task_assigned', 'task_due'));

-- What a user does not want by mail as well. No row: the mail is sent.
create table notification_preferences (
    company_id uuid    not null,
    user_id    uuid    not null,
    kind       text    not null check (kind in ('task_assigned', 'task_due')),
    by_mail    boolean not null,
    primary key (company_id, user_id, kind),
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade
);
alter table notification_preferences enable row level security;
create policy tenant on notification_preferences using (company_id = (select app_company_id()));
grant select, insert, update, delete on notification_preferences to scalehub_app;
