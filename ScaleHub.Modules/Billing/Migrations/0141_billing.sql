-- Plans cost, and bills are the company's. No program has read or written subscriptions, invoices, lines or payments so far, so
-- that the version before runs on these tables whatever they look like.

insert into prices (code, currency, amount_minor, description) values
    ('plan.basic',        'EUR',  2900, 'Plan BASIC, a month'),
    ('plan.professional', 'EUR',  9900, 'Plan PROFESSIONAL, a month'),
    ('plan.enterprise',   'EUR', 49900, 'Plan ENTERPRISE, a month');

-- What a company has with billing. Whoever changes anything of its bills locks this row first: numbers have no gaps, and two
-- changes of one company come one after the other.
create table billing_accounts (
    company_id              uuid        not null primary key references companies (id),
    -- The provider's name for the card that is charged without anybody asking; no number of a card.
    payment_method          text        check (char_length(payment_method) between 1 and 200),
    last_invoice_number     bigint      not null default 0 check (last_invoice_number >= 0),
    last_credit_note_number bigint      not null default 0 check (last_credit_note_number >= 0),
    -- What the company has paid too much; the next invoices take it.
    credit_minor            bigint      not null default 0 check (credit_minor >= 0),
    -- A trial is given once.
    trial_used_at           timestamptz
);
alter table billing_accounts enable row level security;
create policy tenant on billing_accounts using (company_id = (select app_company_id()));
grant select, insert, update on billing_accounts to scalehub_app;

-- A subscription is to a plan, for calendar months (UTC) that are paid in advance.
alter table subscriptions drop constraint subscriptions_status_check;
alter table subscriptions add constraint subscriptions_status_check
    check (status in ('pending', 'trialing', 'active', 'past_due', 'cancelled'));
drop index subscriptions_by_user, subscriptions_to_renew;
alter table subscriptions
    drop column price_code,
    add column plan text not null references plans (plan),
    -- What the plan costs a month, as it was when the period began.
    add column price_minor bigint not null check (price_minor >= 0),
    add column period_starts_at timestamptz not null;
-- A company has one that is not over.
create unique index subscriptions_live on subscriptions (company_id) where status <> 'cancelled';

-- One bill for the company: who used what is in the charges.
alter table invoices
    -- With it go the index by user and the uniqueness by user and month.
    drop column user_id,
    add unique (company_id, period_yyyymm, currency),
    -- How much of the total credit has covered; the rest is to be paid.
    add column credit_minor bigint not null default 0 check (credit_minor between 0 and total_minor),
    add column subscription_id uuid,
    -- The plan that begins when the invoice is paid, and its price a month.
    add column for_plan text references plans (plan),
    add column for_price_minor bigint check (for_price_minor >= 0),
    -- How many times it was attempted in vain to get it paid.
    add column dunning_step int not null default 0 check (dunning_step between 0 and 10),
    add foreign key (company_id, subscription_id) references subscriptions (company_id, id),
    add check ((for_plan is null) = (for_price_minor is null)),
    add check (for_plan is null or subscription_id is not null);
-- A subscription's invoices, newest first: what paid a period, and what is still open.
create index invoices_by_subscription on invoices (company_id, subscription_id, id desc) where subscription_id is not null;

alter table payments
    add column payment_method text not null check (char_length(payment_method) between 1 and 200),
    -- Who asked for it; null: it was due.
    add column user_id uuid,
    add foreign key (company_id, user_id) references users (company_id, id);

-- Takes back a part of an invoice: of an open one it need not be paid, of a paid one it becomes credit.
create table credit_notes (
    company_id   uuid        not null,
    id           uuid        not null,
    -- Without gaps within a company, apart from the invoices'.
    number       bigint      not null check (number > 0),
    invoice_id   uuid        not null,
    amount_minor bigint      not null check (amount_minor > 0),
    currency     char(3)     not null check (currency ~ '^[A-Z]{3}$'),
    reason       text        not null check (char_length(reason) between 1 and 200),
    -- SHA-256 of the request that asked for it: repeating that makes no second one.
    request_key  bytea       check (octet_length(request_key) = 32),
    created_at   timestamptz not null default now(),
    primary key (company_id, id),
    unique (company_id, number),
    unique (company_id, request_key),
    foreign key (company_id, invoice_id) references invoices (company_id, id)
);
-- An invoice's credit notes, newest first.
create index credit_notes_by_invoice on credit_notes (company_id, invoice_id, id desc);
alter table credit_notes enable row level security;
create policy tenant on credit_notes using (company_id = (select app_company_id()));
grant select, insert on credit_notes to scalehub_app;

-- The platform's look over all companies: those that have something to bill, in the order of their ids. It tells no more than that.
--   month: charges of earlier months count; null: charges do not matter.
--   due:   subscriptions whose period has ended by then count.
create function companies_to_bill(month int, due timestamptz, after uuid, most int) returns setof uuid
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if not app_is_platform() then raise exception 'only the platform may ask' using errcode = 'insufficient_privilege'; end if;
    return query
        select c.id from companies c
        where c.id > after
          and (exists (select from subscriptions s
                       where s.company_id = c.id and s.status in ('trialing', 'active') and s.period_ends_at <= due)
            or (month is not null and exists (select from usage_charges u
                       where u.company_id = c.id and u.invoice_id is null and u.period_yyyymm < month)))
        order by c.id limit most;
end $$;
revoke all on function companies_to_bill(int, timestamptz, uuid, int) from public;
grant execute on function companies_to_bill(int, timestamptz, uuid, int) to scalehub_app;
