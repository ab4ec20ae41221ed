// How requests went: the choice of time, the four charts and the table of endpoints, for all companies or for one.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  const MINUTE = 60000,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR;
  const lengths = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY };

  // `every`: how often a live page asks again. Long times change slowly and cost more.
  const ranges = (hub.ranges = {
    "15m": { name: "15 min", words: "the last 15 minutes", length: 15 * MINUTE, step: "minute", every: 10000 },
    "1h": { name: "1 h", words: "the last hour", length: HOUR, step: "minute", every: 10000 },
    "6h": { name: "6 h", words: "the last 6 hours", length: 6 * HOUR, step: "minute", every: 20000 },
    "24h": { name: "24 h", words: "the last 24 hours", length: DAY, step: "hour", every: 60000 },
    "7d": { name: "7 d", words: "the last 7 days", length: 7 * DAY, step: "hour", every: 120000 },
    "30d": { name: "30 d", words: "the last 30 days", length: 30 * DAY, step: "day", every: 120000 },
  });

  // The chosen time, which the sections share.
  hub.range = {
    get name() {
      const name = hub.store.read("range", sessionStorage);
      return Object.hasOwn(ranges, name) ? name : "1h";
    },
    get value() {
      return ranges[this.name];
    },
    query(now = Date.now()) {
      const { length, step } = this.value;
      return hub.api.query({ from: new Date(now - length).toISOString(), to: new Date(now).toISOString(), step });
    },
  };

  hub.rangePicker = onChange => {
    const buttons = Object.entries(ranges).map(([name, range]) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": name === hub.range.name,
          title: "Show " + range.words,
          onclick: () => choose(name),
        },
        range.name,
      ),
    );
    function choose(name) {
      hub.store.write("range", name, sessionStorage);
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", Object.keys(ranges)[i] === name));
      onChange();
    }
    return el("div.segments", { role: "group", "aria-label": "Time shown" }, buttons);
  };

  // Every point of the time, as the service leaves out those without requests. A minute that is not over would look like a fall,
  // so it is not drawn.
  function pointsOf(answer) {
    const step = lengths[answer.step];
    const to = Date.parse(answer.to);
    const from = Math.floor(Date.parse(answer.from) / step) * step;
    const known = new Map(answer.series.map(point => [Date.parse(point.at), point.figures]));
    const times = [];
    for (let at = from; at < to && (step > MINUTE || at + step <= to); at += step) times.push(at);
    // Behind the last request there may be figures on the way; the last ten seconds of an instance are not written yet.
    return { times, step, from, to: Math.max(to, from + step), figures: times.map(at => known.get(at) ?? null) };
  }

  hub.metricsPanel = () => {
    const group = new Set();
    const minutesOf = (points, i) => (Math.min(points.times[i] + points.step, points.to) - points.times[i]) / MINUTE;
    const percent = value => format.percent(value);
    const charts = [
      [
        hub.chart({
          title: "Requests a minute",
          group,
          format: format.rate,
          axis: format.short,
          series: [
            { name: "Requests", color: "c1", area: true },
            { name: "Errors", color: "c2", area: true },
          ],
        }),
        points => [
          points.figures.map(f => f?.requestsPerMinute ?? 0),
          points.figures.map((f, i) => (f?.errors ?? 0) / Math.max(minutesOf(points, i), 1 / 60)),
        ],
      ],
      [
        hub.chart({
          title: "Time to answer",
          group,
          format: format.ms,
          axis: format.ms,
          series: [
            { name: "Half of requests (p50)", short: "p50", color: "c5" },
            { name: "95 of 100 (p95)", short: "p95", color: "c3" },
            { name: "99 of 100 (p99)", short: "p99", color: "c4" },
          ],
        }),
        points => ["p50Ms", "p95Ms", "p99Ms"].map(name => points.figures.map(f => f?.[name] ?? null)),
      ],
      [
        hub.chart({
          title: "Refused and failed",
          group,
          format: percent,
          axis: percent,
          series: [
            { name: "Errors", color: "c2", area: true },
            { name: "Throttled", color: "c3" },
          ],
        }),
        points => [
          points.figures.map(f => (f ? f.errorPercent : null)),
          points.figures.map(f => (f?.requests ? (100 * f.throttled) / f.requests : null)),
        ],
      ],
      [
        hub.chart({
          title: "Answered from the cache",
          group,
          format: percent,
          axis: percent,
          most: 100,
          empty: "No lookups in this time",
          series: [{ name: "Cache hits", color: "c1", area: true }],
        }),
        points => [points.figures.map(f => f?.cacheHitPercent ?? null)],
      ],
    ];
    const endpoints = hub.table({
      caption: "Endpoints",
      cards: "dense",
      key: row => row.endpoint,
      empty: hub.empty("No requests in this time.", "Endpoints appear with their first request.", "chart"),
      columns: [
        {
          head: "Endpoint",
          main: true,
          cell: ({ endpoint }) => {
            const [method, ...path] = endpoint.split(" ");
            return path.length
              ? el("span.endpoint", el(`b.method.${method.toLowerCase()}`, method), hub.pathText(path.join(" ")))
              : endpoint;
          },
        },
        { head: "Requests", number: true, cell: row => format.count(row.figures.requests) },
        { head: "A minute", number: true, cell: row => format.rate(row.figures.requestsPerMinute) },
        {
          head: "Errors",
          number: true,
          cell: row => hub.level(format.percent(row.figures.errorPercent), row.figures.errorPercent, 1, 5),
        },
        { head: "Throttled", number: true, cell: row => format.count(row.figures.throttled) },
        { head: "p50", number: true, cell: row => format.ms(row.figures.p50Ms) },
        { head: "p95", number: true, cell: row => hub.level(format.ms(row.figures.p95Ms), row.figures.p95Ms, 500, 1000) },
        { head: "p99", number: true, cell: row => format.ms(row.figures.p99Ms) },
        { head: "Slowest", number: true, cell: row => format.ms(row.slowestMs) },
        // By it the slowest request is found in traces and in the log.
        { head: "Its trace", cell: row => (row.slowestTraceId ? hub.copyable(row.slowestTraceId) : null) },
      ],
    });
    const note = el("span");
    const charted = el(
      "div.charts",
      charts.map(([chart]) => el("div.card", chart.element)),
    );
    const listed = hub.card({ title: "Endpoints", note }, endpoints.element);
    return {
      charts: charted,
      endpoints: listed,
      update(answer) {
        const points = pointsOf(answer);
        for (const [chart, valuesOf] of charts) chart.update({ ...points, values: valuesOf(points) });
        const { requests } = answer.total;
        note.textContent = requests
          ? `${hub.plural(requests, "request")} in ${hub.range.value.words}, the most used endpoint first.`
          : `No requests in ${hub.range.value.words}.`;
        endpoints.update(answer.endpoints);
        return points;
      },
    };
  };
})();
