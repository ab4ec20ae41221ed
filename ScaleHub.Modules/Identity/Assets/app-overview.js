// What the company uses of what its plan allows, and how its requests go.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  window.app = {};

  const mayManage = () => hub.session.claims.role !== "member";
  window.app.mayManage = mayManage;

  window.app.overview = context => {
    const { signal, body } = context;
    const get = path => hub.api.get(path, { signal });
    const quotas = hub.place({
      signal,
      lines: 5,
      load: () => get("/api/v1/quotas"),
      show(answer) {
        context.title("Overview", hub.badge(`Plan ${hub.words(answer.plan)}`));
        return hub.quotaMeters(answer.quotas);
      },
    });
    context.title("Overview");
    const usage = hub.card(
      { name: ".usage", title: "Usage", note: "What you use of what your plan allows." },
      quotas.element,
    );
    if (!mayManage()) {
      body.append(
        usage,
        hub.card({ title: "Requests" }, hub.empty(hub.texts.forbidden, "Admins and owners see how requests go.", "key")),
      );
      return { every: 60000, refresh: () => quotas.reload() };
    }

    const board = hub.tiles([
      { name: "Requests", hint: "in the time shown" },
      { name: "Time to answer, p95", hint: "95 of 100 took no longer" },
      { name: "Errors", hint: "answers with status 500 or more" },
      { name: "Throttled", hint: "refused with 429" },
      { name: "Active users", hint: "in the last 15 minutes" },
    ]);
    const panel = hub.metricsPanel();
    const table = hub.problemTable({});
    const metrics = hub.place({
      signal,
      lines: 12,
      load: () => get("/api/v1/metrics" + hub.range.query()),
      show(answer, shown) {
        const { figures } = panel.update(answer);
        const { total, activeUsers } = answer;
        const tone = (value, warnAt, badAt) => (value >= badAt ? "bad" : value >= warnAt ? "warn" : "");
        board.set(0, {
          text: format.count(total.requests),
          spark: figures.map(f => f?.requestsPerMinute ?? 0),
          color: "c1",
        });
        board.set(1, {
          text: format.ms(total.p95Ms),
          tone: tone(total.p95Ms, 500, 1000),
          spark: figures.map(f => f?.p95Ms ?? null),
          color: "c3",
        });
        board.set(2, {
          text: format.percent(total.errorPercent),
          tone: tone(total.errorPercent, 1, 5),
          spark: figures.map(f => f?.errorPercent ?? 0),
          color: "c2",
        });
        board.set(3, { text: format.count(total.throttled), spark: figures.map(f => f?.throttled ?? 0), color: "c3" });
        board.set(4, {
          text: format.count(activeUsers.last15Minutes),
          note: `${format.short(activeUsers.last24Hours)} in 24 hours, ${format.short(activeUsers.last30Days)} in 30 days`,
        });
        return shown ? null : el("div.sections", board.element, panel.charts, panel.endpoints);
      },
    });
    const problems = hub.place({
      signal,
      lines: 2,
      load: () => get("/api/v1/metrics/problems?state=open&limit=10"),
      show(answer, shown) {
        table.update(answer.items);
        return shown ? null : table.element;
      },
    });
    context.tools(hub.rangePicker(() => metrics.again()));
    body.append(
      usage,
      hub.card({ title: "Problems", note: "What is out of its limits at the moment." }, problems.element),
      metrics.element,
    );
    return {
      // The calls of this page count against the company's own limit of requests, so there are few.
      every: () => Math.max(60000, hub.range.value.every),
      refresh() {
        for (const place of [quotas, metrics, problems]) place.reload();
      },
    };
  };
})();
