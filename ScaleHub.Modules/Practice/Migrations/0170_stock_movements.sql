-- Every change of a product's stock is a row, and the sum of a product's rows is its stock. Nothing here rewrites a table. For a
-- lock it waits three seconds, as requests would queue up behind it; then nothing of it is applied, and it can run again.
set local lock_timeout = '3s';

create table stock_movements (
    company_id  uuid        not null,
    id          uuid        not null,
    product_id  uuid        not null,
    reason      text        not null check (reason in ('received', 'corrected', 'sold', 'returned')),
    -- What came in; what went out is negative.
    quantity    int         not null check (quantity <> 0),
    stock_after int         not null check (stock_after >= 0),
    -- The order that took the product or gave it back.
    order_id    uuid,
    note        text        check (char_length(note) between 1 and 500),
    -- Null for what no person did: the opening rows below, and changes by the release before.
    created_by  uuid,
    created_at  timestamptz not null default now(),
    primary key (company_id, id),
    foreign key (company_id, product_id) references products (company_id, id) on delete cascade,
    foreign key (company_id, order_id) references orders (company_id, id),
    foreign key (company_id, created_by) references users (company_id, id)
);
-- A product's movements, newest first, and what goes with it when it is deleted.
create index stock_movements_by_product on stock_movements (company_id, product_id, id desc);
alter table stock_movements enable row level security;
create policy tenant on stock_movements using (company_id = (select app_company_id()));
-- A mistake is corrected by a further row.
grant select, insert on stock_movements to scalehub_app;

-- The movement that made the stock what it is.
alter table products add column movement_id uuid;

-- Whoever changes stock and names no new movement is an instance of the release before, or somebody at a prompt. The change is
-- recorded all the same, so that the sum holds while both releases run.
create function record_stock_change() returns trigger language plpgsql as $$
begin
    insert into stock_movements (company_id, id, product_id, reason, quantity, stock_after, note)
    values (new.company_id,
        overlay(uuid7_floor(clock_timestamp())::text placing '7' || substr(gen_random_uuid()::text, 16) from 15)::uuid, new.id, 'corrected', new.stock - coalesce(old.stock, 0), new.stock, 'Changed without a movement.');
    return null;
end $$;
create trigger stock_of_new_product after insert on products for each row
    when (new.stock <> 0 and new.movement_id is null) execute function record_stock_change();
create trigger stock_changed after update of stock on products for each row
    when (new.stock <> old.stock and new.movement_id is not distinct from old.movement_id) execute function record_stock_change();

-- Behind the triggers, whose creation keeps writers away until the commit.
insert into stock_movements (company_id, id, product_id, reason, quantity, stock_after, note)
    select company_id, overlay(uuid7_floor(now())::text placing '7' || substr(gen_random_uuid()::text, 16) from 15)::uuid,
        id, 'corrected', stock, stock, 'Stock when movements began to be recorded.'
    from products where stock > 0;
