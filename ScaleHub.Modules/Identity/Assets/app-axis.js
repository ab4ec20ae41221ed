// What charts are drawn with: round numbers and times for axes, lines, and the same figures as a table or as a small line.
(() => {
  const hub = window.hub;
  const { el, svg } = hub;
  const MINUTE = 60000,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR;
  const steps = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    7 * DAY,
    14 * DAY,
  ];

  // Days of the service are those of UTC; everything finer is shown in the reader's time.
  const text = (time, options, step) =>
    new Intl.DateTimeFormat("en-GB", { ...options, timeZone: step >= DAY ? "UTC" : undefined }).format(time);
  const clock = { hour: "2-digit", minute: "2-digit" };
  const date = { day: "numeric", month: "short" };

  function spanText(time, step, brief) {
    if (!step) return text(time, { ...clock, second: "2-digit" });
    if (step >= DAY) return text(time, { weekday: "short", ...date }, step) + " (UTC)";
    if (step >= HOUR && !brief)
      return `${text(time, { weekday: "short", ...date, ...clock })} to ${text(time + step, clock)}`;
    return text(time, { ...date, ...clock });
  }

  // The least round number that is not below, with the lines of a grid.
  function scaleOf(most, whole) {
    if (!(most > 0)) return { top: 1, ticks: [0, 1] };
    const rough = most / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    let step = [1, 2, 2.5, 5, 10].find(n => n * power >= rough) * power;
    if (whole) step = Math.max(1, Math.ceil(step));
    const count = Math.ceil(most / step - 1e-9);
    return { top: step * count, ticks: Array.from({ length: count + 1 }, (_, i) => +(i * step).toPrecision(12)) };
  }

  function timeTicks(from, to, width, step) {
    const every = steps.find(s => s >= step && (to - from) / s <= Math.max(2, width / 66)) ?? 30 * DAY;
    const shift = step >= DAY ? 0 : new Date(from).getTimezoneOffset() * MINUTE;
    const ticks = [];
    for (let at = Math.ceil((from - shift) / every) * every + shift; at <= to; at += every) {
      const isDay = every >= DAY || text(at, clock, step) === "00:00";
      ticks.push({ at, label: text(at, isDay ? date : clock, step) });
    }
    return ticks;
  }

  // Lines end where there are no figures.
  function pathOf(points) {
    let path = "";
    points.forEach((point, i) => {
      if (!point) return;
      path += `${points[i - 1] ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    });
    return path;
  }

  function areaOf(points, base) {
    let area = "";
    for (let i = 0; i < points.length; i++) {
      if (!points[i]) continue;
      const first = i;
      while (points[i + 1]) i++;
      const run = points.slice(first, i + 1);
      area +=
        `M${run[0][0].toFixed(1)} ${base}${run.map(p => `L${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join("")}` +
        `L${run.at(-1)[0].toFixed(1)} ${base}Z`;
    }
    return area;
  }

  // Labels at the ends keep away from each other.
  function spread(labels, top, bottom) {
    labels.sort((a, b) => a.y - b.y);
    for (let i = 1; i < labels.length; i++) labels[i].y = Math.max(labels[i].y, labels[i - 1].y + 13);
    for (let i = labels.length - 1, most = bottom; i >= 0; most = labels[i--].y - 13)
      labels[i].y = Math.min(labels[i].y, most);
    for (const label of labels) label.y = Math.max(label.y, top);
  }

  hub.axis = { spanText, scaleOf, timeTicks, pathOf, areaOf, spread };

  hub.chartTable = (title, series, data, write) =>
    el(
      "div.scroll.chart-table",
      { role: "group", tabindex: 0, "aria-label": `${title}, as a table` },
      el(
        "table",
        el("caption.unseen", title),
        el(
          "thead",
          el(
            "tr",
            el("th", { scope: "col" }, "Time"),
            series.map(line => el("th.number", { scope: "col", title: line.name }, line.short ?? line.name)),
          ),
        ),
        el(
          "tbody",
          data.times
            .map((time, i) =>
              el(
                "tr",
                el("th.tight", { scope: "row" }, spanText(time, data.step, true)),
                series.map((line, n) => el("td.number", write(n)(data.values[n][i]))),
              ),
            )
            .reverse(),
        ),
      ),
    );

  // A small line without axes, beside a number that says the rest.
  hub.spark = (values, color = "c1") => {
    const [width, height] = [96, 26];
    const known = values.filter(v => v !== null);
    const high = Math.max(...known, 0) || 1;
    const points = values.map((v, i) =>
      v === null ? null : [(i / Math.max(1, values.length - 1)) * width, height - 2 - (v / high) * (height - 4)],
    );
    return svg(
      "svg",
      { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      known.length > 1 && [
        svg("path", { d: areaOf(points, height), class: `area ${color}` }),
        svg("path", { d: pathOf(points), class: `line ${color}` }),
      ],
    );
  };
})();
