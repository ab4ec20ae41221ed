// The subscription, and the invoices with what is on them.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  const states = { open: ["To be paid", "warn"], paid: ["Paid", "good"], void: ["Void", "plain"] };
  const payments = { pending: ["Under way", "plain"], succeeded: ["Paid", "good"], failed: ["Failed", "bad"] };
  const subscriptions = {
    pending: ["Waits for its first payment", "warn"],
    trialing: ["On trial", "good"],
    active: ["Active", "good"],
    pastDue: ["A payment has failed", "bad"],
  };
  const state = (names, name) => hub.badge(...(names[name] ?? [hub.words(name), "plain"]));
  const month = number =>
    new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(
      Date.UTC(Math.floor(number / 100), (number % 100) - 1, 1),
    );
  const isLate = row => row.status === "open" && new Date(row.dueAt) < new Date();

  function linesOf({ lines, currency, totalMinor, creditMinor }) {
    const money = minor => format.money(minor, currency);
    const sum = (name, minor) => el("tr", el("th", { scope: "row", colspan: 3 }, name), el("td.number", money(minor)));
    return el(
      "div.scroll",
      { role: "group", tabindex: 0, "aria-label": "Lines of the invoice" },
      el(
        "table",
        el("caption.unseen", "Lines of the invoice"),
        el(
          "thead",
          el(
            "tr",
            el("th", { scope: "col" }, "For"),
            ["Quantity", "Price", "Amount"].map(name => el("th.number", { scope: "col" }, name)),
          ),
        ),
        el(
          "tbody",
          lines.map(line =>
            el(
              "tr",
              el("th", { scope: "row" }, line.description),
              el("td.number", format.count(line.quantity)),
              el("td.number", money(line.unitPriceMinor)),
              el("td.number", money(line.amountMinor)),
            ),
          ),
        ),
        el(
          "tfoot",
          sum("Total", totalMinor),
          creditMinor > 0 && [sum("Covered by credit", -creditMinor), sum("Rest", totalMinor - creditMinor)],
        ),
      ),
    );
  }

  async function download(invoice) {
    try {
      const page = await hub.api.get(`/api/v1/billing/invoices/${invoice.id}/page`, { as: "blob" });
      const link = el("a", { href: URL.createObjectURL(page), download: `invoice-${invoice.number}.html` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      hub.toast("The invoice is saved as a page to print.");
    } catch (error) {
      hub.toast(error.message, "bad");
    }
  }

  async function open(row) {
    let invoice;
    try {
      invoice = await hub.api.get(`/api/v1/billing/invoices/${row.id}`);
    } catch (error) {
      return hub.toast(error.message, "bad");
    }
    await hub.show({
      title: `Invoice ${invoice.number}`,
      wide: true,
      tools: hub.button("Download", () => download(invoice), { symbol: "download" }),
      body: el(
        "div.invoice-body",
        hub.facts([
          ["State", state(states, invoice.status)],
          invoice.month && ["Month", month(invoice.month)],
          ["Made", format.date(invoice.createdAt)],
          ["Due", format.date(invoice.dueAt)],
          invoice.paidAt && ["Paid", format.date(invoice.paidAt)],
        ]),
        linesOf(invoice),
        invoice.payments.length > 0 &&
          el(
            "section",
            el("h3", "Payments"),
            hub.facts(
              invoice.payments.map(payment => [
                el("span", format.money(payment.amountMinor, payment.currency), " on ", format.date(payment.createdAt)),
                state(payments, payment.status),
                payment.failure && el("p.small.quiet", payment.failure),
              ]),
            ),
          ),
        invoice.creditNotes.length > 0 &&
          el(
            "section",
            el("h3", "Credit notes"),
            hub.facts(
              invoice.creditNotes.map(note => [
                `Credit note ${note.number}: ${note.reason}`,
                format.money(note.amountMinor, note.currency),
              ]),
            ),
          ),
      ),
    });
  }

  window.app.invoices = context => {
    const { signal, body } = context;
    const table = hub.table({
      caption: "Invoices",
      cards: true,
      key: row => row.id,
      empty: hub.empty("No invoices yet.", "They are made on the first of a month.", "invoice"),
      columns: [
        { head: "Invoice", main: true, cell: row => el("span", `Invoice ${row.number}`) },
        { head: "For", cell: row => (row.month ? month(row.month) : el("span.quiet", "A change of plan")) },
        { head: "State", cell: row => el("span", isLate(row) ? hub.badge("Overdue", "bad") : state(states, row.status)) },
        { head: "Due", tight: true, cell: row => el("span", { title: format.exact(row.dueAt) }, format.date(row.dueAt)) },
        {
          head: "Amount",
          number: true,
          cell: row => el(row.status === "void" ? "span.void" : "span", format.money(row.totalMinor, row.currency)),
        },
        {
          head: "",
          tight: true,
          cell: row =>
            el(
              "div.row-actions",
              hub.button("View", () => open(row), { small: true, "aria-label": `View invoice ${row.number}` }),
              hub.button("Download", () => download(row), { small: true, "aria-label": `Download invoice ${row.number}` }),
            ),
        },
      ],
    });
    const list = hub.pages({
      signal,
      lines: 5,
      table,
      load: cursor => hub.api.get("/api/v1/billing/invoices" + hub.api.query({ limit: 25, cursor }), { signal }),
    });
    const subscription = hub.place({
      signal,
      lines: 3,
      // 404 is how it says that there is none.
      load: () => hub.api.get("/api/v1/billing/subscription", { signal, accept: [404] }),
      show: answer =>
        answer.plan
          ? hub.facts([
              ["Plan", hub.words(answer.plan)],
              ["State", state(subscriptions, answer.status)],
              ["Price a month", format.money(answer.priceMinor, answer.currency)],
              ["Billed next", format.date(answer.periodEndsAt)],
            ])
          : hub.empty("No subscription.", "The company uses the plan that it was given, or the free one.", "invoice"),
    });
    context.title("Invoices");
    body.append(hub.card({ title: "Subscription" }, subscription.element), hub.card({ title: "Invoices" }, list.element));
    return {
      refresh() {
        subscription.reload();
        list.reload();
      },
    };
  };
})();
