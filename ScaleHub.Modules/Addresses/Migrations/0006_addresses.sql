create table virtual_addresses (
    company_id  uuid        not null,
    id          uuid        not null,
    user_id     uuid        not null,
    -- What senders write, and what the mail room finds the owner by.
    mailbox     text        not null check (mailbox ~ '^[A-Z0-9-]{3,20}$'),
    name        text        not null check (char_length(name) between 1 and 200),
    line1       text        not null check (char_length(line1) between 1 and 200),
    line2       text        check (char_length(line2) between 1 and 200),
    city        text        not null check (char_length(city) between 1 and 100),
    postal_code text        not null check (char_length(postal_code) between 1 and 20),
    country     char(2)     not null check (country ~ '^[A-Z]{2}$'),
    status      text        not null default 'active' check (status in ('active', 'closed')),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (company_id, id),
    unique (company_id, mailbox),
    foreign key (company_id, user_id) references users (company_id, id)
);
-- A user's addresses in a state, newest first; and in any state, where the few that a user has are sorted.
create index virtual_addresses_by_user on virtual_addresses (company_id, user_id, status, id desc);
alter table virtual_addresses enable row level security;
create policy tenant on virtual_addresses using (company_id = (select app_company_id()));

create table mail_items (
    company_id   uuid        not null,
    id           uuid        not null,
    address_id   uuid        not null,
    kind         text        not null default 'letter' check (kind in ('letter', 'parcel')),
    sender       text        check (char_length(sender) between 1 and 200),
    weight_grams int         check (weight_grams > 0),
    status       text        not null default 'received' check (status in ('received', 'scanned', 'forwarded', 'shredded')),
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, address_id) references virtual_addresses (company_id, id)
);
-- An address's mail, newest first; the mail room's lists by state, newest first.
create index mail_items_by_address on mail_items (company_id, address_id, id desc);
create index mail_items_by_status on mail_items (company_id, status, id desc);
alter table mail_items enable row level security;
create policy tenant on mail_items using (company_id = (select app_company_id()));

-- Scans. Their content commits, replicates and is backed up with the rest; lists do not select it.
create table attachments (
    company_id   uuid        not null,
    id           uuid        not null,
    mail_item_id uuid        not null,
    file_name    text        not null check (char_length(file_name) between 1 and 200),
    content_type text        not null check (char_length(content_type) between 3 and 100),
    size_bytes   int         not null check (size_bytes between 1 and 26214400),
    sha256       bytea       not null check (octet_length(sha256) = 32),
    content      bytea       not null check (octet_length(content) = size_bytes),
    created_at   timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, mail_item_id) references mail_items (company_id, id) on delete cascade
);
-- Scans are compressed already.
alter table attachments alter column content set storage external;
-- A mail item's scans, in the order of pages.
create index attachments_by_mail_item on attachments (company_id, mail_item_id, id);
alter table attachments enable row level security;
create policy tenant on attachments using (company_id = (select app_company_id()));

create table forwarding_requests (
    company_id    uuid        not null,
    id            uuid        not null,
    mail_item_id  uuid        not null,
    user_id       uuid        not null,
    recipient     text        not null check (char_length(recipient) between 1 and 200),
    line1         text        not null check (char_length(line1) between 1 and 200),
    line2         text        check (char_length(line2) between 1 and 200),
    city          text        not null check (char_length(city) between 1 and 100),
    postal_code   text        not null check (char_length(postal_code) between 1 and 20),
    country       char(2)     not null check (country ~ '^[A-Z]{2}$'),
    status        text        not null default 'requested' check (status in ('requested', 'shipped', 'delivered', 'cancelled')),
    tracking_code text        check (char_length(tracking_code) between 1 and 100),
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, mail_item_id) references mail_items (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id)
);
-- A mail item is forwarded once; also finds its request.
create unique index forwarding_requests_once on forwarding_requests (company_id, mail_item_id) where status <> 'cancelled';
-- A user's requests in a state, newest first; the mail room's lists by state, newest first.
create index forwarding_requests_by_user on forwarding_requests (company_id, user_id, status, id desc);
create index forwarding_requests_by_status on forwarding_requests (company_id, status, id desc);
alter table forwarding_requests enable row level security;
create policy tenant on forwarding_requests using (company_id = (select app_company_id()));

grant select, insert, update, delete on virtual_addresses, mail_items, attachments, forwarding_requests to scalehub_app;
