// One company: how its requests go, what it may use, what is wrong with it, who is signed in, and what was changed.
(() => {
  const hub = window.hub;
  const { el, format } = hub;

  window.ops.company = context => {
    const { signal, body, params } = context;
    const id = encodeURIComponent(params.id);
    const get = path => hub.api.get(path, { signal });
    const board = hub.tiles(
      window.ops.figureTiles.definitions
        .map(tile => ({ ...tile, hint: tile.hint.startsWith("in the last") ? "in the time shown" : tile.hint }))
        .concat({ name: "Active users", hint: "in the last 15 minutes" }),
    );
    const panel = hub.metricsPanel();
    const openProblems = hub.problemTable({ caption: "Open problems" });
    const pastProblems = hub.problemTable({ past: true });
    const sessions = hub.table({
      caption: "Sessions",
      cards: true,
      key: row => row.id,
      empty: hub.empty("Nobody is signed in.", null, "device"),
      columns: [
        { head: "User", main: true, cell: row => row.email },
        {
          head: "Device",
          cell: row => (row.client ? el("span.clip", { title: row.client }, row.client) : el("span.quiet", "Not known")),
        },
        { head: "Signed in", tight: true, cell: row => hub.time(row.createdAt) },
        { head: "Last used", tight: true, cell: row => hub.time(row.lastUsedAt) },
      ],
    });
    const webhooks = hub.table({
      caption: "Webhooks",
      cards: true,
      key: row => row.id,
      empty: hub.empty("No webhooks.", null, "jobs"),
      columns: [
        { head: "Leads to", main: true, cell: row => el("code", row.host) },
        {
          head: "State",
          cell: row => (row.disabled ? hub.badge(`Off: ${hub.words(row.disabled)}`, "warn") : hub.badge("On", "good")),
        },
        { head: "Delivered", number: true, cell: row => format.count(row.delivered) },
        { head: "Failed", number: true, cell: row => hub.level(format.count(row.failed), row.failed, 1, 100) },
      ],
    });
    let company = null;

    const profile = hub.place({
      signal,
      lines: 3,
      load: () => get(`/api/admin/companies/${id}`),
      show(answer) {
        company = answer;
        context.title(answer.name, [
          hub.badge(hub.words(answer.plan)),
          answer.erasesAt && hub.badge("Will be erased", "bad"),
        ]);
        context.tools(
          hub.rangePicker(() => metrics.again()),
          hub.button("Change plan", changePlan),
        );
        sessions.update(answer.sessions);
        webhooks.update(answer.webhooks);
        return hub.facts([
          ["Plan", hub.words(answer.plan)],
          ["Users", format.count(answer.users)],
          ["Registered", format.date(answer.createdAt), " (", hub.time(answer.createdAt), ")"],
          answer.erasesAt && ["Erased", el("span.level.bad", hub.time(answer.erasesAt)), " at the wish of its owner"],
          ["Identifier", hub.copyable(answer.id)],
        ]);
      },
    });
    const metrics = hub.place({
      signal,
      lines: 12,
      load: () => get(`/api/admin/metrics/company/${id}${hub.range.query()}`),
      show(answer, shown) {
        window.ops.sparks(board, panel.update(answer));
        window.ops.figureTiles.show(board, answer.total);
        board.set(5, {
          text: format.count(answer.activeUsers.last15Minutes),
          note: `${format.short(
            answer.activeUsers.last24Hours,
          )} in 24 hours, ${format.short(answer.activeUsers.last30Days)} in 30 days`,
        });
        return shown ? null : el("div.sections", panel.charts, panel.endpoints);
      },
    });
    const quotas = hub.place({
      signal,
      lines: 5,
      load: () => get(`/api/admin/quotas/${id}`),
      show: answer => hub.quotaMeters(answer.quotas),
    });
    const problems = hub.place({
      signal,
      lines: 2,
      load: () => get("/api/admin/metrics/problems" + hub.api.query({ company: params.id, limit: 20 })),
      show(answer, shown) {
        openProblems.update(answer.items.filter(item => item.state === "open"));
        const past = answer.items.filter(item => item.state !== "open");
        pastProblems.update(past);
        history.hidden = !past.length;
        return shown ? null : el("div", openProblems.element, history);
      },
    });
    const history = el(
      "details.fold",
      { hidden: true },
      el("summary", "Recent problems that are over"),
      pastProblems.element,
    );
    const audit = hub.pages({
      signal,
      lines: 5,
      table: auditTable(),
      load: cursor => get(`/api/admin/audit/${id}${hub.api.query({ limit: 10, cursor })}`),
    });

    async function changePlan() {
      const plans = (await hub.api.get("/api/v1/plans").catch(error => hub.toast(error.message, "bad")))?.items;
      if (!plans || !company) return;
      const allows = el("div.plan-facts", { "aria-live": "polite" });
      const choice = hub.choice({
        label: "New plan",
        value: company.plan,
        options: plans.map(plan => [
          plan.name,
          hub.words(plan.name) + (plan.name === company.plan ? " (the plan it has)" : ""),
        ]),
        onchange: show,
      });
      function show() {
        const plan = plans.find(p => p.name === choice.control.value);
        allows.replaceChildren(
          el(
            "p.small.quiet",
            `Allows ${format.count(plan.requestsPer15Minutes)} requests in 15 minutes, and ` +
              Object.entries(plan.quotas)
                .map(([name, limit]) => `${format.count(limit)} ${hub.words(name).toLowerCase()}`)
                .join(", ") +
              ".",
          ),
        );
      }
      show();
      const done = await hub.ask({
        title: `Change the plan of ${company.name}`,
        text: "The new limits count at once. The company's subscription and its invoices stay as they are.",
        body: [choice.element, allows],
        button: "Change plan",
        act: () => hub.api.send("PUT", `/api/admin/companies/${id}/plan`, { plan: choice.control.value }),
        explain: error =>
          error.body?.over && [
            el("p", error.message),
            el(
              "ul",
              error.body.over.map(over =>
                el(
                  "li",
                  `${hub.words(over.resource)}: ${format.count(over.used)} in use, ${format.count(over.limit)} allowed`,
                ),
              ),
            ),
          ],
      });
      if (!done) return;
      hub.toast(`${company.name} is on ${hub.words(choice.control.value)} now.`);
      profile.again();
      quotas.again();
      audit.again();
    }

    context.title("Company");
    context.tools(hub.rangePicker(() => metrics.again()));
    body.append(
      el("a.back", { href: "#/companies" }, hub.icon("back"), "All companies"),
      board.element,
      hub.card({ title: "Problems" }, problems.element),
      metrics.element,
      el("div.two", hub.card({ title: "Quotas" }, quotas.element), hub.card({ title: "Company" }, profile.element)),
      hub.card({ title: "Sessions", note: "Sign-ins that work at the moment." }, sessions.element),
      hub.card({ title: "Webhooks", note: "Events of the last day." }, webhooks.element),
      hub.card({ title: "Audit log", note: "What its people, its keys and the platform changed." }, audit.element),
    );
    let slowAt = 0;
    return {
      every: () => hub.range.value.every,
      refresh() {
        metrics.reload();
        problems.reload();
        // What changes rarely is read rarely: operators' calls are limited to ten in ten seconds.
        if (Date.now() - slowAt < 60000) return;
        slowAt = Date.now();
        for (const place of [profile, quotas, audit]) place.reload();
      },
    };
  };

  function auditTable() {
    return hub.table({
      caption: "Audit log",
      cards: true,
      key: row => row.id,
      empty: hub.empty("Nothing was changed yet.", null, "invoice"),
      columns: [
        { head: "What", main: true, cell: row => el("code", row.action) },
        { head: "Changes", cell: row => changesOf(row.changes) },
        { head: "By", cell: row => el("span", { title: row.userId ?? row.apiKeyId }, hub.words(row.actor)) },
        { head: "Trace", cell: row => (row.traceId ? hub.copyable(row.traceId) : null) },
        { head: "When", tight: true, cell: row => hub.time(row.createdAt) },
      ],
    });
  }

  function changesOf(changes) {
    const text = value =>
      value === null || value === undefined
        ? format.none
        : typeof value === "object"
          ? JSON.stringify(value)
          : String(value);
    const parts = Object.entries(changes ?? {})
      .filter(([name]) => name !== "cut")
      .map(
        ([name, change]) =>
          `${name}: ${
            change.changed
              ? "changed"
              : "from" in change && "to" in change
                ? `${text(change.from)} → ${text(change.to)}`
                : text(change.to ?? change.from)
          }`,
      );
    return el("span.clip", { title: parts.join("\n") }, parts.join(", "));
  }
})();
