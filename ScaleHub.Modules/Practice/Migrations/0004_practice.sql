create table patients (
    company_id uuid        not null references companies (id),
    id         uuid        not null,
    name       text        not null check (char_length(name) between 1 and 200),
    -- What searches compare and lists sort by; in byte order, so that one index does both for a prefix.
    name_key   text        collate "C" not null generated always as (lower(name)) stored,
    born_on    date        check (born_on >= '1850-01-01'),
    email      text        check (char_length(email) between 3 and 254),
    phone      text        check (char_length(phone) between 3 and 40),
    notes      text        check (char_length(notes) <= 10000),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (company_id, id)
);
-- The list by name, and the search for the beginning of one.
create index patients_by_name on patients (company_id, name_key, id);
alter table patients enable row level security;
create policy tenant on patients using (company_id = (select app_company_id()));

create table products (
    company_id  uuid        not null references companies (id),
    id          uuid        not null,
    sku         text        not null check (char_length(sku) between 1 and 64),
    name        text        not null check (char_length(name) between 1 and 200),
    name_key    text        collate "C" not null generated always as (lower(name)) stored,
    price_minor bigint      not null check (price_minor >= 0),
    currency    char(3)     not null check (currency ~ '^[A-Z]{3}$'),
    stock       int         not null default 0 check (stock >= 0),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (company_id, id),
    unique (company_id, sku)
);
-- The list by name, and the search for the beginning of one.
create index products_by_name on products (company_id, name_key, id);
alter table products enable row level security;
create policy tenant on products using (company_id = (select app_company_id()));

create table orders (
    company_id  uuid        not null,
    id          uuid        not null,
    patient_id  uuid        not null,
    status      text        not null default 'placed' check (status in ('placed', 'ready', 'delivered', 'cancelled')),
    total_minor bigint      not null check (total_minor >= 0),
    currency    char(3)     not null check (currency ~ '^[A-Z]{3}$'),
    notes       text        check (char_length(notes) <= 10000),
    created_by  uuid        not null,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, patient_id) references patients (company_id, id),
    foreign key (company_id, created_by) references users (company_id, id)
);
-- The lists of a state and of a patient, newest first. The plain list is the primary key's.
create index orders_by_status on orders (company_id, status, id desc);
create index orders_by_patient on orders (company_id, patient_id, id desc);
alter table orders enable row level security;
create policy tenant on orders using (company_id = (select app_company_id()));

create table order_lines (
    company_id       uuid   not null,
    order_id         uuid   not null,
    line             int    not null check (line > 0),
    product_id       uuid   not null,
    quantity         int    not null check (quantity > 0),
    unit_price_minor bigint not null check (unit_price_minor >= 0),
    primary key (company_id, order_id, line),
    foreign key (company_id, order_id) references orders (company_id, id) on delete cascade,
    foreign key (company_id, product_id) references products (company_id, id)
);
-- Whether a product may be deleted: the check of the foreign key.
create index order_lines_by_product on order_lines (company_id, product_id);
alter table order_lines enable row level security;
create policy tenant on order_lines using (company_id = (select app_company_id()));

create table exams (
    company_id   uuid        not null,
    id           uuid        not null,
    patient_id   uuid        not null,
    performed_by uuid        not null,
    kind         text        not null check (kind in ('refraction', 'contact_lens', 'tonometry', 'retina')),
    -- Measurements of the kind: for a refraction sphere, cylinder, axis and addition of each eye.
    findings     jsonb       not null default '{}'
                             check (jsonb_typeof(findings) = 'object' and octet_length(findings::text) <= 16384),
    performed_at timestamptz not null default now(),
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, patient_id) references patients (company_id, id),
    foreign key (company_id, performed_by) references users (company_id, id)
);
-- A patient's exams, newest first.
create index exams_by_patient on exams (company_id, patient_id, id desc);
alter table exams enable row level security;
create policy tenant on exams using (company_id = (select app_company_id()));

grant select, insert, update, delete on patients, products, orders, order_lines, exams to scalehub_app;
