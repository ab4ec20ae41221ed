namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>
/// The lists and lookups that the modules run, in the form in which they reach the database. Lists run by the sort key and the
/// identifier, from after the last row of the page before; where the list is by time, the identifier is both.
/// <para>Parameters in braces are values of <see cref="Parameters"/>. The part <c>company_id = {company} and</c> is what EF's
/// filter adds; it is tried without, too, where only the policy confines the query.</para>
/// </summary>
internal static class ListQueries
{
    /// <summary>Type and a value that seeded rows have.</summary>
    public static readonly (string Name, string Type, string Value)[] Parameters =
    [
        ("company", "uuid", "sample_id(0)"),
        ("id", "uuid", "sample_id(600)"),
        ("user", "uuid", "sample_id(6)"),
        ("parent", "uuid", "sample_id(12)"),
        ("cursor", "uuid", "sample_id(1200)"),
        ("from", "timestamptz", "sample_now() - interval '1 hour'"),
        ("to", "timestamptz", "sample_now()"),
        ("text", "text", "'sample-1'"),
        ("until", "text", "'sample-2'"),
        ("period", "int", "202503"),
        ("hash", "bytea", "sha256('600')"),
        ("today", "date", "(sample_now() at time zone 'utc')::date"),
    ];

    /// <summary>For the company.</summary>
    public static readonly Dictionary<string, string> Tenant = new()
    {
        ["users: page"] = "select * from users where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["users: by e-mail"] = "select * from users where company_id = {company} and email = {text} and deleted_at is null",
        ["sessions: of a user"] =
            "select * from sessions where company_id = {company} and user_id = {user} and created_at < {from} " +
            "order by created_at desc limit 26",
        ["tasks: page"] = "select * from tasks where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["tasks: in a state"] =
            "select * from tasks where company_id = {company} and status = 'doing' and id < {cursor} order by id desc limit 26",
        ["tasks: of an assignee in a state"] =
            "select * from tasks where company_id = {company} and assignee_id = {user} and status = 'doing' " +
            "and id < {cursor} order by id desc limit 26",
        ["tasks: of an assignee"] =
            "select * from tasks where company_id = {company} and assignee_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["tasks: due in a span"] =
            "select * from tasks where company_id = {company} and due_at >= {from} and due_at < {to} and id < {cursor} " +
            "order by id desc limit 26",
        // What the function does inside, TaskSearchTests shows.
        ["tasks: found"] = """
            select * from tasks where company_id = {company} and id = any(array(
                select find_tasks({text}, {cursor}, 26, 'todo', {user}, {from}, {to}))) and id < {cursor}
            order by id desc limit 26
            """,
        ["tasks: several"] = "select * from tasks where company_id = {company} and id = any(array[{id}, {parent}])",
        ["comments: of a task"] =
            "select * from task_comments where company_id = {company} and task_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["comments: lookup"] = "select * from task_comments where company_id = {company} and id = {id}",
        ["patients: page"] = "select * from patients where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["patients: by name"] =
            "select * from patients where company_id = {company} and (name_key, id) > ({text}, {id}) " +
            "order by name_key, id limit 26",
        ["patients: beginning of a name"] =
            "select * from patients where company_id = {company} and name_key >= {text} and name_key < {until} " +
            "order by name_key, id limit 26",
        ["products: page"] = "select * from products where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["products: by name"] =
            "select * from products where company_id = {company} and (name_key, id) > ({text}, {id}) " +
            "order by name_key, id limit 26",
        ["products: by sku"] = "select * from products where company_id = {company} and sku = {text}",
        ["products: stock movements"] =
            "select * from stock_movements where company_id = {company} and product_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["orders: page"] = "select * from orders where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["orders: in a state"] =
            "select * from orders where company_id = {company} and status = 'ready' and id < {cursor} order by id desc limit 26",
        ["orders: of a patient"] =
            "select * from orders where company_id = {company} and patient_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["orders: by time"] =
            "select * from orders where company_id = {company} and id >= uuid7_floor({from}) order by id desc limit 26",
        ["orders: lines"] =
            "select * from order_lines where company_id = {company} and order_id = {parent} order by line limit 101",
        ["orders: lines of a product"] =
            "select * from order_lines where company_id = {company} and product_id = {parent} limit 1",
        ["exams: page"] = "select * from exams where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["exams: of a patient"] =
            "select * from exams where company_id = {company} and patient_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["subscriptions: live"] = "select * from subscriptions where company_id = {company} and status <> 'cancelled'",
        ["invoices: page"] = "select * from invoices where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["invoices: of a subscription"] =
            "select * from invoices where company_id = {company} and subscription_id = {parent} order by id desc limit 50",
        ["invoices: in a state"] =
            "select * from invoices where company_id = {company} and status = 'open' and id < {cursor} order by id desc limit 26",
        ["invoices: last number"] =
            "select number from invoices where company_id = {company} and number > 0 order by number desc limit 1",
        ["invoices: of a month"] =
            "select * from invoices where company_id = {company} and period_yyyymm = {period} and currency = 'EUR'",
        ["invoices: lines"] =
            "select * from invoice_lines where company_id = {company} and invoice_id = {parent} order by line limit 101",
        ["charges: of a user and month"] =
            "select * from usage_charges where company_id = {company} and user_id = {user} " +
            "and period_yyyymm = {period} and id < {cursor} order by id desc limit 26",
        ["charges: lookup"] = "select * from usage_charges where company_id = {company} and id = {id}",
        ["charges: of an invoice"] =
            "select * from usage_charges where company_id = {company} and invoice_id = {parent} and id > {id} " +
            "order by id limit 26",
        ["charges: to invoice"] =
            "select * from usage_charges where company_id = {company} and invoice_id is null and period_yyyymm < {period}",
        ["credit notes: of an invoice"] =
            "select * from credit_notes where company_id = {company} and invoice_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["payments: of an invoice"] =
            "select * from payments where company_id = {company} and invoice_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["payments: by reference"] =
            "select * from payments where company_id = {company} and provider = {text} and provider_reference = {until}",
        ["addresses: of a user in a state"] =
            "select * from virtual_addresses where company_id = {company} and user_id = {user} and status = 'active' " +
            "and id < {cursor} order by id desc limit 26",
        ["addresses: by mailbox"] = "select * from virtual_addresses where company_id = {company} and mailbox = {text}",
        ["mail: of an address"] =
            "select * from mail_items where company_id = {company} and address_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["mail: of an address in a state"] =
            "select * from mail_items where company_id = {company} and address_id = {parent} and status = 'scanned' " +
            "and id < {cursor} order by id desc limit 26",
        ["mail: in a state"] =
            "select * from mail_items where company_id = {company} and status = 'scanned' and id < {cursor} " +
            "order by id desc limit 26",
        ["mail: scans"] =
            "select * from mail_scans where company_id = {company} and mail_item_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["exams: attachments"] =
            "select * from exam_attachments where company_id = {company} and exam_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["forwarding: of a user in a state"] =
            "select * from forwarding_requests where company_id = {company} and user_id = {user} " +
            "and status = 'shipped' and id < {cursor} order by id desc limit 26",
        ["forwarding: in a state"] =
            "select * from forwarding_requests where company_id = {company} and status = 'shipped' " +
            "and id < {cursor} order by id desc limit 26",
        ["forwarding: of a mail item"] =
            "select * from forwarding_requests where company_id = {company} and mail_item_id = {parent} " +
            "and status <> 'cancelled'",
        ["cards: of a user"] =
            "select * from user_cards where company_id = {company} and user_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["cards: of a user and tier"] =
            "select * from user_cards where company_id = {company} and user_id = {user} and tier = 'rare' " +
            "and id < {cursor} order by id desc limit 26",
        ["cards: of a pack"] =
            "select * from user_cards where company_id = {company} and pack_id = {parent} order by id limit 26",
        ["cards: packs of a user"] =
            "select * from card_packs where company_id = {company} and user_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["cards: page with shipments"] = """
            select c.*, s.shipping_request_id from (
                select * from user_cards where company_id = {company} and user_id = {user} and id < {cursor}
                order by id desc limit 26) c
            left join (select * from shipping_request_cards where company_id = {company} and true) s
                on s.company_id = c.company_id and s.card_id = c.id
            order by c.id desc
            """,
        ["cards: seed of a user's next pack"] =
            "select * from user_next_seeds where company_id = {company} and user_id = {user}",
        ["feed: page"] = "select * from global_feed where id < {cursor} order by id desc limit 26",
        ["feed: first page of a tier"] = "select * from global_feed where tier = 'rare' order by id desc limit 26",
        ["feed: page of a tier"] = "select * from global_feed where tier = 'rare' and id < {cursor} order by id desc limit 26",
        ["feed: lookup"] = "select * from global_feed where company_id = {company} and id = {id}",
        ["shipping: of a user"] =
            "select * from shipping_requests where company_id = {company} and user_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["shipping: of a user in a state"] =
            "select * from shipping_requests where company_id = {company} and user_id = {user} and status = 'packed' " +
            "and id < {cursor} order by id desc limit 26",
        ["shipping: in a state"] =
            "select * from shipping_requests where company_id = {company} and status = 'packed' and id < {cursor} " +
            "order by id desc limit 26",
        ["shipping: page of the packing room"] =
            "select * from shipping_requests where company_id = {company} and id < {cursor} order by id desc limit 26",
        // EF sorts the cards within the page besides: 100 shipments of 20 cards at most.
        ["shipping: page with cards"] = """
            select s.*, c.card, c.tier from (
                select * from shipping_requests where company_id = {company} and user_id = {user} and id < {cursor}
                order by id desc limit 11) s
            left join (
                select r.company_id, r.shipping_request_id, u.card, u.tier
                from (select * from shipping_request_cards where company_id = {company} and true) r
                join (select * from user_cards where company_id = {company} and true) u
                    on u.company_id = r.company_id and u.id = r.card_id) c
                on c.company_id = s.company_id and c.shipping_request_id = s.id
            order by s.id desc
            """,
        ["shipping: of a card"] =
            "select * from shipping_request_cards where company_id = {company} and card_id = any(array[{id}, {parent}])",
        ["shipping: cards"] =
            "select * from shipping_request_cards where company_id = {company} and shipping_request_id = {parent} " +
            "order by card_id",
        ["notifications: of a user"] =
            "select * from notifications where company_id = {company} and user_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["notifications: unread"] =
            "select * from notifications where company_id = {company} and user_id = {user} and read_at is null " +
            "and id < {cursor} order by id desc limit 26",
        ["files: lookup"] = "select * from files where company_id = {company} and id = {id}",
        ["files: of a user, attached to nothing"] =
            "select count(*) from files where company_id = {company} and is_upload and created_by = {user} and expires_at > {to}",
        ["exports: of a user"] =
            "select id, status from exports where company_id = {company} and user_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["exports: expired"] =
            "select id from exports where company_id = {company} and expires_at < {from} order by expires_at, id limit 26",
        ["idempotency: replay"] = """
            select * from idempotency_keys
            where company_id = {company} and request_key = {hash} and day >= {today} - 1
                and created_at > now() - interval '24 hours'
            """,
        ["webhooks: deliveries of one"] =
            "select * from webhook_deliveries where company_id = {company} and webhook_id = {parent} and id < {cursor} "
            + "order by id desc limit 26",
        ["webhooks: deliveries of one in a state"] =
            "select * from webhook_deliveries where company_id = {company} and webhook_id = {parent} and state = 'failed' "
            + "and id < {cursor} order by id desc limit 26",
        ["webhooks: delivery"] = "select * from webhook_deliveries where company_id = {company} and id = {id}",
        ["jobs: lookup"] = "select * from jobs where company_id = {company} and id = {id}",
        ["jobs: dead of a company"] =
            "select * from jobs where company_id = {company} and state = 'dead' and id < {cursor} order by id desc limit 26",
        ["jobs: of a company, ended ones too"] =
            "select * from job_history where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["jobs: finished"] = "select * from finished_jobs where company_id = {company} and id = {id}",
        ["metrics: of a company"] =
            "select * from request_metrics where company_id = {company} and minute >= {from} and minute < {to}",
        ["metrics: hours of a company"] =
            "select * from request_metrics_rollups where company_id = {company} and step = 'hour' " +
            "and starts_at >= {from}",
        ["metrics: active users of a company"] = "select count(*) from user_activity where company_id = {company} and last_seen_at > {from}",
        ["metrics: problems of a company"] =
            "select * from alerts where company_id = {company} and state <> 'pending' and id < {cursor} order by id desc limit 26",
        ["audit: page"] = "select * from audit_log where company_id = {company} and id < {cursor} order by id desc limit 26",
        ["audit: of a thing"] =
            "select * from audit_log where company_id = {company} and subject_id = {parent} and id < {cursor} " +
            "order by id desc limit 26",
        ["audit: of a user"] =
            "select * from audit_log where company_id = {company} and user_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["audit: with an action"] =
            "select * from audit_log where company_id = {company} and action = 'task.updated' and id < {cursor} " +
            "order by id desc limit 26",
        ["audit: of a kind, in a span of time"] =
            "select * from audit_log where company_id = {company} and kind = 'task' and id >= {id} and id < {cursor} " +
            "order by id desc limit 26",
        ["audit: of a user with an action"] =
            "select * from audit_log where company_id = {company} and user_id = {user} and action = 'task.updated' and id < {cursor} " +
            "order by id desc limit 26",
        ["audit: of a thing by a user"] =
            "select * from audit_log where company_id = {company} and subject_id = {parent} and user_id = {user} and id < {cursor} " +
            "order by id desc limit 26",
        ["quotas: of a company"] =
            "select * from quota_counters where company_id = {company} and resource = 'orders' and period_yyyymm = 0",
    };

    /// <summary>Lists whose table has a second policy: for the index to be used, the company must be in the query.</summary>
    public static readonly string[] SeenByPlatform = ["jobs: lookup", "jobs: dead", "jobs: of a company", "metrics:", "files:"];

    /// <summary>For the platform, through all companies.</summary>
    public static readonly Dictionary<string, string> Platform = new()
    {
        ["files: expired"] =
            "select company_id, id, expires_at from files where expires_at < {from} and (expires_at, id) > ({from} - interval '1 day', {id}) " +
            "order by expires_at, id limit 500",
        ["companies: page"] = "select * from companies where id > {cursor} order by id limit 26",
        // The statements of claim_jobs and queue_due_jobs (0080_jobs.sql).
        ["jobs: next company with a queued one"] =
            "select company_id from jobs where state = 'queued' and company_id > {company} order by company_id limit 1",
        ["jobs: claim of a company"] = """
            select id from jobs where company_id = {company} and state = 'queued' order by seq limit 10 for update skip locked
            """,
        ["jobs: what is in the way of one with an ordering key"] = """
            select id from jobs where company_id = {company} and ordering_key = {text} and state <> 'dead' and seq < 100 limit 1
            """,
        ["jobs: due"] = """
            select id from jobs where state in ('scheduled', 'running') and due_at <= {from} order by due_at limit 500 for update skip locked
            """,
        ["jobs: dead of all"] = "select * from jobs where state = 'dead' and id < {cursor} order by id desc limit 26",
        // With both ends: of a parameter with one the planner expects a third of a partition, and rightly reads all of it.
        ["metrics: last minutes"] = "select * from request_metrics where minute >= {from} and minute < {to}",
        ["metrics: problems of all"] = "select * from alerts where state <> 'pending' and id < {cursor} order by id desc limit 26",
        ["metrics: an hour"] = "select * from request_metrics_rollups where step = 'hour' and starts_at = {from}",
    };
}
