// How the platform is at the moment: tiles from the stream, charts and endpoints of the chosen time, open problems.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  window.ops = {};

  const tiles = [
    { name: "Requests a minute", hint: "in the last minutes" },
    { name: "Time to answer, p95", hint: "in the last minutes" },
    { name: "Errors", hint: "of all requests" },
    { name: "Throttled", hint: "refused with 429" },
    { name: "Cache hits", hint: "of all lookups" },
    { name: "Active users", hint: "in the last 15 minutes" },
    { name: "Open problems", hint: "see alerts", href: "#/alerts" },
    { name: "Queued jobs", hint: "see jobs", href: "#/jobs" },
  ];

  const tone = (value, warnAt, badAt) => (value >= badAt ? "bad" : value >= warnAt ? "warn" : "");

  // Figures as the first five tiles show them.
  function showFigures(board, figures) {
    board.set(0, { text: format.rate(figures.requestsPerMinute) });
    board.set(1, { text: format.ms(figures.p95Ms), tone: tone(figures.p95Ms, 500, 1000) });
    board.set(2, { text: format.percent(figures.errorPercent), tone: tone(figures.errorPercent, 1, 5) });
    board.set(3, { text: format.count(figures.throttled) });
    const low = figures.cacheHitPercent !== null && figures.cacheHitPercent < 60;
    board.set(4, {
      text: format.percent(figures.cacheHitPercent),
      tone: low ? "warn" : "",
      note: figures.cacheHitPercent === null ? "no lookups yet" : low ? "below 60 % is too little" : "of all lookups",
    });
  }

  window.ops.figureTiles = { definitions: tiles.slice(0, 5), show: showFigures };

  // The lines in the tiles: of the chosen time.
  window.ops.sparks = (board, { figures }) => {
    board.spark(
      0,
      figures.map(f => f?.requestsPerMinute ?? 0),
      "c1",
    );
    board.spark(
      1,
      figures.map(f => f?.p95Ms ?? null),
      "c3",
    );
    board.spark(
      2,
      figures.map(f => f?.errorPercent ?? 0),
      "c2",
    );
    board.spark(
      3,
      figures.map(f => f?.throttled ?? 0),
      "c3",
    );
    board.spark(
      4,
      figures.map(f => f?.cacheHitPercent ?? null),
      "c5",
    );
  };

  window.ops.overview = context => {
    const { signal, body } = context;
    const board = hub.tiles(tiles);
    const panel = hub.metricsPanel();
    const problems = hub.problemTable({ withCompany: true });
    const metrics = hub.place({
      signal,
      lines: 12,
      load: () => hub.api.get("/api/admin/metrics/summary" + hub.range.query(), { signal }),
      show(answer, shown) {
        const points = panel.update(answer);
        window.ops.sparks(board, points);
        // Until the stream speaks, and when it cannot, the tiles have the figures of the chosen time.
        if (!hub.page.lastTick) {
          showFigures(board, answer.total);
          showUsers(answer.activeUsers);
        }
        return shown ? null : el("div.sections", panel.charts, panel.endpoints);
      },
    });
    const listed = hub.place({
      signal,
      lines: 2,
      load: () => hub.api.get("/api/admin/metrics/problems?state=open&limit=10", { signal }),
      show(answer, shown) {
        problems.update(answer.items);
        return shown ? null : problems.element;
      },
    });
    context.title("Overview");
    context.tools(hub.rangePicker(() => metrics.again()));
    body.append(
      board.element,
      hub.card({ title: "Open problems", tools: el("a", { href: "#/alerts" }, "All alerts") }, listed.element),
      metrics.element,
    );

    function showUsers(users) {
      board.set(5, {
        text: format.count(users.last15Minutes),
        note: `${format.short(users.last24Hours)} in 24 hours, ${format.short(users.last30Days)} in 30 days`,
      });
    }

    return {
      every: () => hub.range.value.every,
      refresh() {
        metrics.reload();
        listed.reload();
      },
      tick(data) {
        showFigures(board, data.figures);
        showUsers(data.activeUsers);
        board.set(6, {
          text: format.count(data.openProblems),
          tone: data.openProblems ? "bad" : "good",
          note: data.openProblems ? "see alerts" : "everything is within its limits",
        });
        const { queued, running, dead, oldestSeconds } = data.jobs;
        board.set(7, {
          text: format.count(queued),
          tone: dead ? "warn" : "",
          note: [
            `${format.count(running)} running`,
            dead ? `${format.count(dead)} dead` : null,
            queued ? `oldest ${format.span(oldestSeconds)}` : null,
          ]
            .filter(Boolean)
            .join(", "),
        });
      },
    };
  };
})();
