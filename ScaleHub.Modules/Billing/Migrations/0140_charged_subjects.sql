-- What has been charged, so that nothing is charged twice. A table of its own: the charges are partitioned by their ids, and a
-- unique index on them would have to contain the id.
create table charged_subjects (
    company_id    uuid not null,
    price_code    text not null check (char_length(price_code) between 1 and 64),
    -- What was charged for: a mail item, a pack, an address.
    subject_id    uuid not null,
    -- The month, for what costs something each month; 0 for what is charged once.
    period_yyyymm int  not null default 0 check (period_yyyymm = 0 or period_yyyymm % 100 between 1 and 12),
    primary key (company_id, price_code, subject_id, period_yyyymm)
);
alter table charged_subjects enable row level security;
create policy tenant on charged_subjects using (company_id = (select app_company_id()));
grant select, insert on charged_subjects to scalehub_app;
