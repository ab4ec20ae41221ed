-- What is attached to an exam: files of the blob store. Sending /api/v1/files a file comes before.
create table exam_attachments (
    company_id uuid        not null,
    -- The file's.
    id         uuid        not null,
    exam_id    uuid        not null,
    created_at timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, id) references files (company_id, id),
    foreign key (company_id, exam_id) references exams (company_id, id) on delete cascade
);
-- An exam's attachments, newest first, and what goes with it when it is deleted.
create index exam_attachments_by_exam on exam_attachments (company_id, exam_id, id desc);
alter table exam_attachments enable row level security;
create policy tenant on exam_attachments using (company_id = (select app_company_id()));
grant select, insert, delete on exam_attachments to scalehub_app;
