-- Scans are files of the blob store. No program has written the table for content in the database, which goes.
set local lock_timeout = '3s';

drop table attachments;

create table mail_scans (
    company_id   uuid        not null,
    -- The file's.
    id           uuid        not null,
    mail_item_id uuid        not null,
    created_at   timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, id) references files (company_id, id),
    foreign key (company_id, mail_item_id) references mail_items (company_id, id)
);
-- A mail item's scans, newest first.
create index mail_scans_by_mail_item on mail_scans (company_id, mail_item_id, id desc);
alter table mail_scans enable row level security;
create policy tenant on mail_scans using (company_id = (select app_company_id()));
grant select, insert, delete on mail_scans to scalehub_app;
