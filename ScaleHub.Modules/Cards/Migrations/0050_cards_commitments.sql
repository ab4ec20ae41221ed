-- What a pack's seed was mixed with, and the version of algorithm and catalogue that drew it (docs/cards.md).
alter table card_packs
    add column client_seed text not null default '' check (char_length(client_seed) <= 64),
    add column algorithm   int  not null default 1 check (algorithm >= 1);

-- The seed of a user's next pack, chosen before the user asks for it: its SHA-256 is shown beforehand, so that it cannot be
-- exchanged unnoticed. Sealed with a key derived from ScaleHub:Secret, as whoever reads it knows the pack that it opens.
create table user_next_seeds (
    company_id  uuid        not null,
    user_id     uuid        not null,
    sealed_seed bytea       not null check (octet_length(sealed_seed) between 32 and 100),
    created_at  timestamptz not null default now(),
    primary key (company_id, user_id),
    foreign key (company_id, user_id) references users (company_id, id) on delete cascade
);
alter table user_next_seeds enable row level security;
create policy tenant on user_next_seeds using (company_id = (select app_company_id()));

grant select, insert, update on user_next_seeds to scalehub_app;
