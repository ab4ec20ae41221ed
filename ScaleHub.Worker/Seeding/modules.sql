-- What companies have besides users and tasks. $1: the companies of a batch, whose tasks are written. Each row follows from its company
-- and its number alone (md5), so that the same options give the same rows. How many a company has goes by its tasks.
with company as (
    select c.id, c.plan, c.created_at, timestamptz '2026-07-01 00:00Z' - c.created_at as span,
           (select count(*) from tasks t where t.company_id = c.id)::int as tasks,
           (select id from users u where u.company_id = c.id order by id limit 1) as owner
    from companies c where c.id = any($1)),
allowed as (
    select c.*, (select quota from plan_quotas q where q.plan = c.plan and resource = 'patients')::int as patients,
        (select quota from plan_quotas q where q.plan = c.plan and resource = 'products')::int as products
    from company c),
wanted as (
    select c.id as company_id, k.kind, n, k.number, made.at, pg_temp.seed_id(made.at, c.id || kind || n) as id, c.owner, c.plan
    from allowed c
    cross join lateral (values
        ('patients', least(1 + c.tasks / 3, c.patients)), ('products', least(3 + c.tasks / 20, c.products)),
        ('exams', 1 + c.tasks / 5), ('orders', 1 + c.tasks / 6), ('comments', c.tasks / 5),
        ('addresses', 1 + least(c.tasks / 500, 1)), ('mail', 2 + c.tasks / 25), ('notifications', 3 + c.tasks / 20)) k (kind, number)
    cross join lateral generate_series(1, number) n
    cross join lateral (select case kind
        -- What is sold and where mail comes to was there from the beginning.
        when 'products' then c.created_at when 'addresses' then c.created_at
        else date_trunc('milliseconds', c.created_at + c.span * 0.999 * (n - pg_temp.seed_part(c.id || kind || n)) / number) end as at) made)
insert into seeded select * from wanted;
analyze seeded;

insert into patients (company_id, id, name, born_on, email, phone, created_at, updated_at)
select company_id, id, pg_temp.seed_pick(array['Ada','Ben','Cleo','David','Emma','Finn','Grete','Hugo','Ida','Jonas','Karla','Leo','Mia','Noah'], id || 'f')
        || ' ' || pg_temp.seed_pick(array['Albers','Brandt','Conrad','Dietz','Ebert','Fuchs','Graf','Huber','Jansen','Krause','Lorenz','Maurer'], id || 'l'),
    date '1935-01-01' + (pg_temp.seed_part(id || 'b') * 30000)::int,
    case when pg_temp.seed_part(id || 'e') < 0.7 then 'patient-' || n || '@example.org' end,
    case when pg_temp.seed_part(id || 'p') < 0.8 then '+49 30 ' || (1000000 + n) end, at, at
from seeded where kind = 'patients';

-- What was ordered is known first: the stock of a product is what its movements leave.
insert into seeded_lines
select o.company_id, o.id, l, p.id, 1 + (pg_temp.seed_part(o.id || 'q' || l) * 3)::int, 500 + (pg_temp.seed_part(p.id || 'price') * 400)::int * 50, o.at
from seeded o
cross join lateral generate_series(1, 1 + (pg_temp.seed_part(o.id || 'lines') * 2)::int) l
-- Two lines never name the same product: they step through the list.
join seeded first on first.company_id = o.company_id and first.kind = 'products' and first.n = 1
join seeded p on p.company_id = o.company_id and p.kind = 'products'
    and p.n = 1 + (floor(pg_temp.seed_part(o.id || 'product') * first.number)::int + l) % first.number
where o.kind = 'orders';
analyze seeded_lines;

insert into seeded_moves
select company_id, id as product_id, pg_temp.seed_id(at, id || 'received') as id, 'received', 500 + coalesce(sold, 0)::int, null::uuid,
    owner, at
from seeded s
left join (select company_id as company, product_id as product, sum(quantity) as sold from seeded_lines group by 1, 2) o
    on o.company = s.company_id and o.product = s.id
where kind = 'products'
union all
select l.company_id, product_id, pg_temp.seed_id(l.at, order_id || 'sold' || line), 'sold', -quantity, order_id, o.owner, l.at
from seeded_lines l join seeded o on o.company_id = l.company_id and o.id = l.order_id and o.kind = 'orders';
analyze seeded_moves;

insert into products (company_id, id, sku, name, price_minor, currency, stock, movement_id, created_at, updated_at)
select s.company_id, s.id, 'SKU-' || lpad(s.n::text, 5, '0'),
    pg_temp.seed_pick(array['Round','Square','Light','Classic','Sport','Kids'], s.id || 'a') || ' '
        || pg_temp.seed_pick(array['frame','lens','case','cloth','contact lens','spray'], s.id || 'b') || ' ' || s.n,
    500 + (pg_temp.seed_part(s.id || 'price') * 400)::int * 50, 'EUR', m.stock, m.last, c.created_at, c.created_at
from seeded s join companies c on c.id = s.company_id
join (select company_id, product_id, sum(quantity)::int as stock, (array_agg(id order by at desc, id desc))[1] as last
      from seeded_moves group by company_id, product_id) m on m.company_id = s.company_id and m.product_id = s.id
where s.kind = 'products';

insert into orders (company_id, id, patient_id, status, total_minor, currency, created_by, created_at, updated_at)
select o.company_id, o.id, pg_temp.seed_row(o.company_id, 'patients', o.id || 'patient', o.n, o.number),
    pg_temp.seed_pick(array['placed', 'ready', 'delivered', 'delivered', 'delivered', 'delivered'], o.id || 'status'),
    total, 'EUR', o.owner, o.at, o.at
from seeded o
join (select company_id, order_id, sum(quantity * unit_price_minor) as total from seeded_lines group by company_id, order_id) l
    on l.company_id = o.company_id and l.order_id = o.id
where o.kind = 'orders';

insert into order_lines (company_id, order_id, line, product_id, quantity, unit_price_minor)
select company_id, order_id, line, product_id, quantity, unit_price_minor from seeded_lines;

insert into stock_movements (company_id, id, product_id, reason, quantity, stock_after, order_id, created_by, created_at)
select company_id, id, product_id, reason, quantity,
    sum(quantity) over (partition by company_id, product_id order by at, id), order_id, made_by, at
from seeded_moves;

insert into exams (company_id, id, patient_id, performed_by, kind, findings, performed_at, created_at, updated_at)
select company_id, id, pg_temp.seed_row(company_id, 'patients', id || 'patient', n, number), owner,
    pg_temp.seed_pick(array['refraction', 'refraction', 'tonometry', 'retina'], id || 'kind'), '{}', at, at, at
from seeded where kind = 'exams';

insert into task_comments (company_id, id, task_id, author_id, text, created_at)
select s.company_id, s.id, t.id, s.owner,
    pg_temp.seed_pick(array['I will look at it tomorrow.', 'Done on my side.', 'Who knows more about it?', 'Waiting for an answer.'], s.id || 'text'), s.at
from seeded s
join lateral (select id from tasks t where t.company_id = s.company_id and t.id < s.id order by id desc limit 1) t on true
where s.kind = 'comments';

insert into virtual_addresses (company_id, id, user_id, mailbox, name, line1, city, postal_code, country, created_at, updated_at)
select s.company_id, s.id, s.owner, upper(left(md5(s.id || 'box'), 10)), c.name, 'Example Street ' || s.n, 'Berlin', '10115', 'DE', s.at, s.at
from seeded s join companies c on c.id = s.company_id where s.kind = 'addresses';

insert into mail_items (company_id, id, address_id, kind, sender, weight_grams, status, created_at, updated_at)
select company_id, id, pg_temp.seed_row(company_id, 'addresses', id || 'address', 1, 1),
    pg_temp.seed_pick(array['letter', 'letter', 'letter', 'parcel'], id || 'kind'),
    pg_temp.seed_pick(array['Tax office', 'Bank', 'Insurance', 'Chamber of commerce'], id || 'sender'), 20 + (pg_temp.seed_part(id || 'g') * 500)::int,
    pg_temp.seed_pick(array['received', 'received', 'shredded', 'forwarded'], id || 'status'), at, at
from seeded where kind = 'mail';

insert into forwarding_requests
    (company_id, id, mail_item_id, user_id, recipient, line1, city, postal_code, country, status, tracking_code, created_at, updated_at)
select m.company_id, pg_temp.seed_id(m.created_at, m.id || 'forward'), m.id, a.user_id, 'Ada Albers', 'Sample Road 1', 'Hamburg', '20095', 'DE',
    pg_temp.seed_pick(array['shipped', 'delivered'], m.id || 'state'), 'TRACK-' || left(md5(m.id::text), 8), m.created_at, m.created_at
from mail_items m join virtual_addresses a on a.company_id = m.company_id and a.id = m.address_id
where m.company_id = any($1) and m.status = 'forwarded';

insert into notifications (company_id, id, user_id, kind, title, body, read_at, created_at)
select company_id, id, owner, pg_temp.seed_pick(array['task_assigned', 'task_due', 'mail_received'], id || 'kind'),
    pg_temp.seed_pick(array['A task for you', 'A task is due', 'There is news'], id || 'title'), null,
    case when pg_temp.seed_part(id || 'read') < 0.8 then at end, at
from seeded where kind = 'notifications';

-- What is charged: the mail of the last three months of the history, and its invoices.
insert into usage_charges (company_id, id, user_id, period_yyyymm, price_code, subject_id, quantity, unit_price_minor, amount_minor, currency, created_at)
select m.company_id, pg_temp.seed_id(m.created_at, m.id || 'charge'), a.user_id, to_char(m.created_at at time zone 'utc', 'YYYYMM')::int, 'mail.received', m.id,
    1, 50, 50, 'EUR', m.created_at
from mail_items m join virtual_addresses a on a.company_id = m.company_id and a.id = m.address_id
where m.company_id = any($1) and m.created_at >= '2026-04-01 00:00Z';
insert into usage_charges (company_id, id, user_id, period_yyyymm, price_code, subject_id, quantity, unit_price_minor, amount_minor, currency, created_at)
select company_id, pg_temp.seed_id(created_at, id || 'charge'), user_id, 202606, 'cards.pack', id, 1, 400, 400, 'EUR', created_at
from card_packs where company_id = any($1);
insert into charged_subjects (company_id, price_code, subject_id)
select company_id, price_code, subject_id from usage_charges where company_id = any($1);

insert into billing_accounts (company_id, payment_method, last_invoice_number)
select c.id, case when c.plan <> 'FREE' then 'card-succeeds' end, (
    select count(distinct period_yyyymm) from usage_charges u where u.company_id = c.id and period_yyyymm < 202606)
from companies c where c.id = any($1);
insert into subscriptions (company_id, id, user_id, plan, price_minor, currency, status, period_starts_at, period_ends_at, created_at)
select c.id, pg_temp.seed_id(c.created_at, c.id || 'subscription'), (select id from users u where u.company_id = c.id order by id limit 1), c.plan, p.amount_minor,
    'EUR', 'active', '2026-06-01 00:00Z', '2026-07-01 00:00Z', c.created_at
from companies c join prices p on p.code = 'plan.' || lower(c.plan) and p.currency = 'EUR' where c.id = any($1);

insert into invoices (company_id, id, number, period_yyyymm, status, total_minor, currency, due_at, created_at, paid_at)
select company_id, pg_temp.seed_id(closed, company_id || 'invoice' || period_yyyymm), row_number() over (partition by company_id order by period_yyyymm), period_yyyymm,
    'paid', total, 'EUR', closed + interval '14 days', closed, closed + interval '1 day'
from (select company_id, period_yyyymm, sum(amount_minor) as total,
             (make_date(period_yyyymm / 100, period_yyyymm % 100, 1) + interval '1 month') at time zone 'utc' as closed
      from usage_charges where company_id = any($1) and period_yyyymm < 202606 group by company_id, period_yyyymm) months;
update usage_charges u set invoice_id = i.id
from invoices i where i.company_id = any($1) and u.company_id = i.company_id and u.period_yyyymm = i.period_yyyymm;
insert into invoice_lines (company_id, invoice_id, line, description, quantity, unit_price_minor, amount_minor)
select company_id, invoice_id, 1, 'Mail item received', count(*), 50, count(*) * 50
from usage_charges where company_id = any($1) and invoice_id is not null group by company_id, invoice_id;
insert into payments (company_id, id, invoice_id, amount_minor, currency, status, provider, provider_reference, payment_method, created_at, settled_at)
select company_id, pg_temp.seed_id(paid_at, id || 'payment'), id, total_minor, 'EUR', 'succeeded', 'simulated', 'seed-' || id, 'card-succeeds', paid_at, paid_at
from invoices where company_id = any($1);

insert into shipping_requests (company_id, id, user_id, recipient, line1, city, postal_code, country, status, created_at, updated_at)
select company_id, pg_temp.seed_id(max(created_at), company_id || 'shipment'), user_id, 'Ada Albers', 'Sample Road 1', 'Hamburg', '20095', 'DE', 'requested',
    max(created_at), max(created_at)
from user_cards where company_id = any($1) and user_id in (select owner from seeded) group by company_id, user_id;
insert into shipping_request_cards (company_id, shipping_request_id, card_id)
select r.company_id, r.id, (select id from user_cards c where c.company_id = r.company_id and c.user_id = r.user_id order by id limit 1)
from shipping_requests r where r.company_id = any($1);

-- The counters of quotas are made from the rows when they are first used.
truncate seeded, seeded_lines, seeded_moves;
