-- What a plan allows; the same for all companies. Migrations write it, the application reads it.
create table plans (
    plan                    text    not null primary key,
    rank                    int     not null unique,
    requests_per_15_minutes int     not null check (requests_per_15_minutes > 0),
    users                   int     not null check (users > 0),
    patients                int     not null check (patients > 0),
    orders_per_month        int     not null check (orders_per_month > 0),
    products                int     not null check (products > 0),
    exams_per_month         int     not null check (exams_per_month > 0)
);
insert into plans values
    ('FREE',         1,   500,    3,     100,     100,     50,     100),
    ('BASIC',        2,  2000,   10,    1000,    1000,    500,    1000),
    ('PROFESSIONAL', 3,  5000,   50,   10000,   10000,   5000,   10000),
    ('ENTERPRISE',   4, 20000, 1000, 1000000, 1000000, 100000, 1000000);
alter table companies add foreign key (plan) references plans (plan);

-- What things cost; the same for all companies. Everybody reads, an operator (who acts as the platform) changes.
create table prices (
    code         text        not null check (code ~ '^[a-z_]+(\.[a-z_]+)*$' and char_length(code) <= 64),
    currency     char(3)     not null check (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint      not null check (amount_minor >= 0),
    description  text        not null check (char_length(description) between 1 and 200),
    updated_at   timestamptz not null default now(),
    primary key (code, currency)
);
alter table prices enable row level security;
create policy anyone on prices for select using (true);
create policy platform_adds on prices for insert with check ((select app_is_platform()));
create policy platform_changes on prices for update using ((select app_is_platform()));
insert into prices (code, currency, amount_minor, description) values
    ('address.month', 'EUR', 1500, 'Virtual address, a month'),
    ('mail.received', 'EUR',   50, 'Mail item received'),
    ('mail.scanned',  'EUR',  150, 'Mail item opened and scanned'),
    ('mail.forwarded','EUR',  900, 'Mail item forwarded'),
    ('cards.pack',    'EUR',  400, 'Pack of cards'),
    ('cards.shipping','EUR',  700, 'Cards shipped');

create table subscriptions (
    company_id     uuid        not null,
    id             uuid        not null,
    user_id        uuid        not null,
    price_code     text        not null,
    currency       char(3)     not null,
    status         text        not null default 'active' check (status in ('active', 'past_due', 'cancelled')),
    period_ends_at timestamptz not null,
    created_at     timestamptz not null default now(),
    cancelled_at   timestamptz,
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id),
    foreign key (price_code, currency) references prices (code, currency),
    check ((status = 'cancelled') = (cancelled_at is not null))
);
-- A user's subscriptions in a state, newest first; and in any state, where the few that a user has are sorted.
create index subscriptions_by_user on subscriptions (company_id, user_id, status, id desc);
-- Renewal: a company's subscriptions whose period has ended.
create index subscriptions_to_renew on subscriptions (company_id, period_ends_at, id) where status <> 'cancelled';
alter table subscriptions enable row level security;
create policy tenant on subscriptions using (company_id = (select app_company_id()));

create table invoices (
    company_id    uuid        not null,
    id            uuid        not null,
    -- Without gaps within a company: the next one is read and taken in the transaction that makes the invoice.
    number        bigint      not null check (number > 0),
    user_id       uuid        not null,
    -- The month that is billed. Null for what is billed outside the cycle.
    period_yyyymm int         check (period_yyyymm between 200001 and 999912 and period_yyyymm % 100 between 1 and 12),
    status        text        not null default 'open' check (status in ('open', 'paid', 'void')),
    total_minor   bigint      not null check (total_minor >= 0),
    currency      char(3)     not null check (currency ~ '^[A-Z]{3}$'),
    due_at        timestamptz not null,
    created_at    timestamptz not null default now(),
    paid_at       timestamptz,
    primary key (company_id, id),
    unique (company_id, number),
    -- A month is invoiced once, however often the job runs.
    unique (company_id, user_id, period_yyyymm, currency),
    foreign key (company_id, user_id) references users (company_id, id),
    check ((status = 'paid') = (paid_at is not null))
);
-- A user's invoices, newest first; the company's in a state, newest first.
create index invoices_by_user on invoices (company_id, user_id, id desc);
create index invoices_by_status on invoices (company_id, status, id desc);
alter table invoices enable row level security;
create policy tenant on invoices using (company_id = (select app_company_id()));

create table invoice_lines (
    company_id       uuid   not null,
    invoice_id       uuid   not null,
    line             int    not null check (line > 0),
    description      text   not null check (char_length(description) between 1 and 200),
    quantity         bigint not null check (quantity > 0),
    unit_price_minor bigint not null check (unit_price_minor >= 0),
    amount_minor     bigint not null check (amount_minor = quantity * unit_price_minor),
    primary key (company_id, invoice_id, line),
    foreign key (company_id, invoice_id) references invoices (company_id, id)
);
alter table invoice_lines enable row level security;
create policy tenant on invoice_lines using (company_id = (select app_company_id()));

create table usage_charges (
    company_id       uuid        not null,
    id               uuid        not null,
    user_id          uuid        not null,
    period_yyyymm    int         not null
                                 check (period_yyyymm between 200001 and 999912 and period_yyyymm % 100 between 1 and 12),
    price_code       text        not null check (char_length(price_code) between 1 and 64),
    -- What was charged for: a mail item, a pack, a forwarding request.
    subject_id       uuid,
    quantity         bigint      not null default 1 check (quantity > 0),
    unit_price_minor bigint      not null check (unit_price_minor >= 0),
    amount_minor     bigint      not null check (amount_minor = quantity * unit_price_minor),
    currency         char(3)     not null check (currency ~ '^[A-Z]{3}$'),
    -- Set once, in the transaction that makes the invoice.
    invoice_id       uuid,
    created_at       timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id),
    foreign key (company_id, invoice_id) references invoices (company_id, id)
) partition by range (id);
-- A user's charges of a month, newest first.
create index usage_charges_by_user on usage_charges (company_id, user_id, period_yyyymm, id desc);
-- The billing cycle: who has charges of a month that no invoice has yet, and which.
create index usage_charges_to_invoice on usage_charges (company_id, period_yyyymm, user_id, id) where invoice_id is null;
-- The charges behind an invoice.
create index usage_charges_by_invoice on usage_charges (company_id, invoice_id, id) where invoice_id is not null;
alter table usage_charges enable row level security;
create policy tenant on usage_charges using (company_id = (select app_company_id()));

create table payments (
    company_id         uuid        not null,
    id                 uuid        not null,
    invoice_id         uuid        not null,
    amount_minor       bigint      not null check (amount_minor > 0),
    currency           char(3)     not null check (currency ~ '^[A-Z]{3}$'),
    status             text        not null default 'pending' check (status in ('pending', 'succeeded', 'failed')),
    provider           text        not null check (char_length(provider) between 1 and 64),
    -- The provider's name for the payment; null until it answered.
    provider_reference text        check (char_length(provider_reference) between 1 and 200),
    failure            text        check (char_length(failure) between 1 and 200),
    created_at         timestamptz not null default now(),
    settled_at         timestamptz,
    primary key (company_id, id),
    -- The provider's call-back finds its payment, and can be applied to one only.
    unique (company_id, provider, provider_reference),
    foreign key (company_id, invoice_id) references invoices (company_id, id),
    check ((status = 'pending') = (settled_at is null))
);
-- An invoice's payments, newest first.
create index payments_by_invoice on payments (company_id, invoice_id, id desc);
-- An invoice is not paid twice: one payment under way or done.
create unique index payments_once on payments (company_id, invoice_id) where status <> 'failed';
alter table payments enable row level security;
create policy tenant on payments using (company_id = (select app_company_id()));

grant select on plans to scalehub_app;
grant select, insert, update on prices to scalehub_app;
-- Money is corrected by further rows, never by deletion, and a charge changes in one way only: it gets its invoice.
grant select, insert, update on subscriptions, invoices, payments to scalehub_app;
grant select, insert on invoice_lines, usage_charges to scalehub_app;
grant update (invoice_id) on usage_charges to scalehub_app;

insert into partitioned_tables values ('usage_charges', '1 month', '6 months', null);
select make_partitions();
