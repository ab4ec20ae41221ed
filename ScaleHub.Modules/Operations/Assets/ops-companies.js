// All companies: searched by name, sorted by what hurts.
(() => {
  const hub = window.hub;
  const { el, format, icon } = hub;
  const LIMIT = 100;

  window.ops.companies = context => {
    const { signal, body, query } = context;
    let sort = query.get("sort") ?? "requests";
    const search = el("input", {
      type: "search",
      id: hub.id(),
      placeholder: "Search by name",
      "aria-label": "Search companies by name",
      value: query.get("search") ?? "",
      autocomplete: "off",
      spellcheck: "false",
    });
    const summary = el("p.quiet", { role: "status" });
    const table = hub.table({
      caption: "Companies",
      cards: "dense",
      key: row => row.companyId,
      link: row => `#/company/${row.companyId}`,
      sorted: () => sort,
      onSort: name => change(() => (sort = name)),
      empty: () =>
        search.value
          ? hub.empty(`No company is called “${search.value}”.`, "Look for a part of its name.", "search")
          : hub.empty("No company has made a request lately.", null, "companies"),
      columns: [
        {
          head: "Company",
          main: true,
          cell: row =>
            el(
              "span.named",
              el("a", { href: `#/company/${row.companyId}` }, row.name),
              row.openProblems > 0 && hub.badge(hub.plural(row.openProblems, "problem"), "bad"),
            ),
        },
        { head: "Plan", cell: row => hub.badge(hub.words(row.plan)) },
        {
          head: "Per minute",
          sort: "requests",
          number: true,
          cell: row => format.rate(row.figures.requestsPerMinute),
        },
        {
          head: "p95",
          sort: "p95",
          number: true,
          cell: row => hub.level(format.ms(row.figures.p95Ms), row.figures.p95Ms, 500, 1000),
        },
        {
          head: "Errors",
          sort: "errors",
          number: true,
          cell: row => hub.level(format.percent(row.figures.errorPercent), row.figures.errorPercent, 1, 5),
        },
        { head: "Throttled", sort: "throttled", number: true, cell: row => format.count(row.figures.throttled) },
        { head: "Cache hits", sort: "cacheHits", number: true, cell: row => format.percent(row.figures.cacheHitPercent) },
        {
          head: "Slowest endpoint",
          cell: row => (row.slowestEndpoint ? el("code.clip", { title: row.slowestEndpoint }, row.slowestEndpoint) : null),
        },
      ],
    });
    const place = hub.place({
      signal,
      lines: 10,
      load: () =>
        hub.api.get("/api/admin/metrics/companies" + hub.api.query({ sort, search: search.value.trim(), limit: LIMIT }), {
          signal,
        }),
      show(answer, shown) {
        table.update(answer.items);
        const window = `Figures of the last ${format.span(answer.windowSeconds)}.`;
        summary.textContent =
          answer.items.length < answer.total
            ? `The first ${answer.items.length} of ${format.count(answer.total)} companies. ${window}`
            : `${answer.total === 1 ? "1 company" : `${format.count(answer.total)} companies`}. ${window}`;
        return shown ? null : table.element;
      },
    });
    const narrow = hub.choice({
      label: "Sort by",
      value: sort,
      options: [
        ["requests", "Requests a minute"],
        ["p95", "p95"],
        ["errors", "Errors"],
        ["throttled", "Throttled"],
        ["cacheHits", "Cache hits"],
      ],
      onchange: event => change(() => (sort = event.target.value)),
    });

    // The address has what is searched and sorted, so that it can be kept and sent.
    function change(apply) {
      apply();
      narrow.control.value = sort;
      history.replaceState(
        null,
        "",
        "#/companies" + hub.api.query({ sort: sort === "requests" ? null : sort, search: search.value.trim() }),
      );
      place.again();
    }
    search.addEventListener(
      "input",
      hub.debounce(() => change(() => {}), 300),
    );
    context.title("Companies");
    body.append(
      el(
        "section.card",
        { "aria-label": "Companies" },
        el("div.toolbar", el("div.search", icon("search"), search), el("div.only-narrow", narrow.element), summary),
        place.element,
      ),
    );
    return { every: 10000, refresh: () => place.reload() };
  };
})();
