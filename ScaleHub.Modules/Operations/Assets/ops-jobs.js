// The queue: how much of what is in it, how long it waits, and what has failed for good.
(() => {
  const hub = window.hub;
  const { el, format } = hub;

  // What an error says, without the type of the exception.
  const firstLine = error => error.split("\n")[0].replace(/^[\w.]+Exception: /, "");

  // One row for each kind, from the service's rows by kind and state.
  function kindsOf(items) {
    const kinds = new Map();
    for (const { kind, status, count, oldestSeconds, failed } of items) {
      const row = kinds.get(kind) ?? { kind, queued: 0, scheduled: 0, running: 0, dead: 0, waiting: null, failed: 0 };
      row[status] = (row[status] ?? 0) + count;
      row.failed += status === "dead" ? 0 : failed;
      if (status === "queued" || status === "running") row.waiting = Math.max(row.waiting ?? 0, oldestSeconds);
      kinds.set(kind, row);
    }
    return [...kinds.values()].sort((a, b) => b.dead - a.dead || b.queued - a.queued || a.kind.localeCompare(b.kind));
  }

  window.ops.jobs = context => {
    const { signal, body } = context;
    const board = hub.tiles([
      { name: "Queued", hint: "due now" },
      { name: "Running", hint: "at work" },
      { name: "Scheduled", hint: "due later, or tried again" },
      { name: "Dead", hint: "failed for good" },
      { name: "Oldest", hint: "for how long it has been due" },
    ]);
    const zero = (count, tone) =>
      count
        ? tone
          ? hub.level(format.count(count), 2, 1, tone === "bad" ? 2 : 3)
          : format.count(count)
        : el("span.quiet", "0");
    const depth = hub.table({
      caption: "Jobs by kind",
      cards: "dense",
      key: row => row.kind,
      empty: hub.empty("The queue is empty.", "Everything is done.", "jobs"),
      columns: [
        { head: "Kind", main: true, cell: row => el("code", row.kind) },
        { head: "Queued", number: true, cell: row => zero(row.queued) },
        { head: "Running", number: true, cell: row => zero(row.running) },
        { head: "Scheduled", number: true, cell: row => zero(row.scheduled) },
        { head: "Failed before", number: true, cell: row => zero(row.failed, "warn") },
        { head: "Dead", number: true, cell: row => zero(row.dead, "bad") },
        {
          head: "Oldest",
          number: true,
          cell: row => (row.waiting === null ? null : hub.level(format.span(row.waiting), row.waiting, 60, 600)),
        },
        {
          head: "",
          tight: true,
          cell: row =>
            row.dead
              ? hub.button("Redrive all", () => redriveKind(row.kind, row.dead), {
                  small: true,
                  "aria-label": `Redrive all dead jobs of ${row.kind}`,
                })
              : "",
        },
      ],
    });
    const dead = hub.table({
      caption: "Dead jobs",
      cards: true,
      key: row => row.id,
      empty: hub.empty("No dead jobs.", "Nothing has failed for good."),
      columns: [
        {
          head: "Kind",
          main: true,
          cell: row => el("div", el("code", row.kind), el("p.small.quiet", hub.plural(row.attempts, "attempt"))),
        },
        {
          head: "Error",
          cell: row =>
            row.error
              ? el("details.error", el("summary", el("span.clip", firstLine(row.error))), el("pre", row.error))
              : null,
        },
        {
          head: "Company",
          cell: row =>
            row.companyId.startsWith("ffffffff-ffff")
              ? el("span.quiet", "The platform")
              : el(
                  "a",
                  { href: `#/company/${row.companyId}`, title: row.companyId },
                  row.companyName ?? `${row.companyId.slice(0, 8)}…`,
                ),
        },
        { head: "Added", tight: true, cell: row => hub.time(row.createdAt) },
        { head: "Trace", cell: row => (row.traceId ? hub.copyable(row.traceId) : null) },
        {
          head: "",
          tight: true,
          cell: row =>
            hub.button("Redrive", () => redriveOne(row), { small: true, "aria-label": `Redrive this job of ${row.kind}` }),
        },
      ],
    });
    let kind = "";
    const filter = hub.choice({
      label: "Kind",
      options: [["", "All kinds"]],
      onchange: event => {
        kind = event.target.value;
        list = makeList();
        listSlot.replaceChildren(list.element);
        list.reload();
      },
    });
    const makeList = () =>
      hub.pages({
        signal,
        lines: 4,
        table: dead,
        load: cursor => hub.api.get("/api/admin/jobs/dead" + hub.api.query({ kind, limit: 20, cursor }), { signal }),
      });
    let list = makeList();
    const listSlot = el("div", list.element);
    let deadBefore = null;

    const summary = hub.place({
      signal,
      lines: 5,
      load: () => hub.api.get("/api/admin/jobs", { signal }),
      show(answer, shown) {
        const rows = kindsOf(answer.items);
        const sum = name => rows.reduce((total, row) => total + row[name], 0);
        depth.update(rows);
        const oldest = Math.max(0, ...rows.map(row => row.waiting ?? 0));
        ["queued", "running", "scheduled", "dead"].forEach((name, i) =>
          board.set(i, { text: format.count(sum(name)), tone: name === "dead" && sum(name) ? "bad" : "" }),
        );
        board.set(4, {
          text: sum("queued") + sum("running") ? format.span(oldest) : format.none,
          tone: oldest >= 600 ? "bad" : oldest >= 60 ? "warn" : "",
        });
        const kinds = [...new Set([...rows.filter(row => row.dead).map(row => row.kind), kind].filter(Boolean))].sort();
        const wanted = ["", ...kinds];
        if ([...filter.control.options].map(o => o.value).join("\n") !== wanted.join("\n")) {
          filter.control.replaceChildren(...wanted.map(name => el("option", { value: name }, name || "All kinds")));
          filter.control.value = kind;
        }
        // The list itself is read again when the number of dead jobs has changed.
        if (deadBefore !== null && deadBefore !== sum("dead")) list.reload();
        deadBefore = sum("dead");
        return shown ? null : depth.element;
      },
    });

    async function redrive(question, request) {
      // One key for all tries of one question: a job is not taken up twice when an answer is lost.
      const key = hub.key();
      let answer = null;
      const done = await hub.ask({
        ...question,
        act: async () => {
          answer = await hub.api.send("POST", "/api/admin/jobs/redrive", request, { key });
        },
      });
      if (!done) return;
      hub.toast(
        answer.redriven === 0
          ? "Nothing was queued: a newer job does the same, or it was taken up already."
          : `${hub.plural(answer.redriven, "job")} queued again.${answer.remaining ? " There are more: redrive once more." : ""}`,
        answer.redriven ? "good" : "warn",
      );
      list = makeList();
      listSlot.replaceChildren(list.element);
      list.reload();
      summary.again();
    }

    const redriveOne = row =>
      redrive(
        {
          title: "Redrive this job?",
          button: "Redrive",
          text: "It is queued again with all its attempts before it. Do this when the cause is mended.",
          body: hub.facts([
            ["Kind", el("code", row.kind)],
            ["Error", row.error ? firstLine(row.error) : format.none],
          ]),
        },
        { id: row.id },
      );
    const redriveKind = (name, count) =>
      redrive(
        {
          title: `Redrive all dead jobs of ${name}?`,
          button: `Redrive ${hub.plural(count, "job")}`,
          text:
            "They are queued again with all their attempts before them, at most 1,000 at a time. " +
            "Do this when the cause is mended.",
        },
        { kind: name },
      );

    context.title("Jobs");
    body.append(
      board.element,
      hub.card({ title: "By kind" }, summary.element),
      hub.card(
        { title: "Dead jobs", note: "They failed for good, and are kept for 30 days.", tools: filter.element },
        listSlot,
      ),
    );
    list.reload();
    return { every: 10000, refresh: () => summary.reload() };
  };
})();
