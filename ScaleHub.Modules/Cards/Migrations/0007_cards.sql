-- A pack that was opened. The cards in it follow from the seed, so that anyone who holds it can draw them again and compare.
create table card_packs (
    company_id uuid        not null,
    id         uuid        not null,
    user_id    uuid        not null,
    seed       bytea       not null check (octet_length(seed) = 32),
    created_at timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id)
);
-- A user's packs, newest first.
create index card_packs_by_user on card_packs (company_id, user_id, id desc);
alter table card_packs enable row level security;
create policy tenant on card_packs using (company_id = (select app_company_id()));

create table user_cards (
    company_id uuid        not null,
    id         uuid        not null,
    user_id    uuid        not null,
    pack_id    uuid        not null,
    card       text        not null check (char_length(card) between 1 and 100),
    tier       text        not null check (tier in ('common', 'uncommon', 'rare', 'epic', 'legendary')),
    created_at timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id),
    foreign key (company_id, pack_id) references card_packs (company_id, id)
);
-- A user's cards, all or of a tier, newest first; the cards of a pack.
create index user_cards_by_user on user_cards (company_id, user_id, id desc);
create index user_cards_by_tier on user_cards (company_id, user_id, tier, id desc);
create index user_cards_by_pack on user_cards (company_id, pack_id, id);
alter table user_cards enable row level security;
create policy tenant on user_cards using (company_id = (select app_company_id()));

-- Public: everybody reads all of it, whatever their company, so nothing may be written here that is not meant for everybody.
-- A company adds and removes its own entries. No foreign keys: dropping a partition would lock the tables they point to.
create table global_feed (
    company_id uuid        not null,
    id         uuid        not null,
    card_id    uuid        not null,
    card       text        not null check (char_length(card) between 1 and 100),
    tier       text        not null check (tier in ('common', 'uncommon', 'rare', 'epic', 'legendary')),
    -- What the user chose to be called in public.
    shown_name text        not null check (char_length(shown_name) between 1 and 50),
    created_at timestamptz not null default now(),
    primary key (company_id, id)
) partition by range (id);
-- The feed, all or of a tier, newest first.
create index global_feed_newest on global_feed (id desc);
create index global_feed_by_tier on global_feed (tier, id desc);
alter table global_feed enable row level security;
create policy anyone on global_feed for select using (true);
create policy tenant_adds on global_feed for insert with check (company_id = (select app_company_id()));
create policy tenant_removes on global_feed for delete using (company_id = (select app_company_id()));

create table shipping_requests (
    company_id    uuid        not null,
    id            uuid        not null,
    user_id       uuid        not null,
    recipient     text        not null check (char_length(recipient) between 1 and 200),
    line1         text        not null check (char_length(line1) between 1 and 200),
    line2         text        check (char_length(line2) between 1 and 200),
    city          text        not null check (char_length(city) between 1 and 100),
    postal_code   text        not null check (char_length(postal_code) between 1 and 20),
    country       char(2)     not null check (country ~ '^[A-Z]{2}$'),
    status        text        not null default 'requested'
                              check (status in ('requested', 'packed', 'shipped', 'delivered', 'cancelled')),
    tracking_code text        check (char_length(tracking_code) between 1 and 100),
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, user_id) references users (company_id, id)
);
-- A user's requests, all or in a state, newest first; the packing room's lists by state, newest first.
create index shipping_requests_by_user on shipping_requests (company_id, user_id, id desc);
create index shipping_requests_by_user_status on shipping_requests (company_id, user_id, status, id desc);
create index shipping_requests_by_status on shipping_requests (company_id, status, id desc);
alter table shipping_requests enable row level security;
create policy tenant on shipping_requests using (company_id = (select app_company_id()));

create table shipping_request_cards (
    company_id          uuid not null,
    shipping_request_id uuid not null,
    card_id             uuid not null,
    primary key (company_id, shipping_request_id, card_id),
    -- A card is shipped once. Cancelling a request deletes its rows, which frees its cards.
    unique (company_id, card_id),
    foreign key (company_id, shipping_request_id) references shipping_requests (company_id, id) on delete cascade,
    foreign key (company_id, card_id) references user_cards (company_id, id)
);
alter table shipping_request_cards enable row level security;
create policy tenant on shipping_request_cards using (company_id = (select app_company_id()));

grant select, insert on card_packs to scalehub_app;
grant select, insert, delete on global_feed, shipping_request_cards to scalehub_app;
grant select, insert, update, delete on user_cards, shipping_requests to scalehub_app;

insert into partitioned_tables values ('global_feed', '1 month', '6 months', '12 months');
select make_partitions();
