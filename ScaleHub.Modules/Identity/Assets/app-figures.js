// Figures at a glance: tiles, quotas, and what is out of its limits.
(() => {
  const hub = window.hub;
  const { el, format } = hub;

  // A figure that is too large stands out, by colour and by a sign.
  hub.level = (text, value, warnAt, badAt) => {
    if (!(value >= warnAt)) return text;
    const bad = value >= badAt;
    return el(`span.level.${bad ? "bad" : "warn"}`, { title: bad ? "Far too high" : "High" }, text);
  };

  // Tiles: a name, a figure, what it is of, and how it went.
  hub.tiles = definitions => {
    const tiles = definitions.map(({ name, hint, href }) => {
      const [value, note, spark] = [
        el("p.tile-value.bone-text", format.none),
        el("p.small.quiet", hint),
        el("div.tile-spark"),
      ];
      const element = el(href ? "a.tile" : "div.tile", { href }, el("p.tile-name", name), value, note, spark);
      return { element, value, note, spark };
    });
    return {
      element: el(
        "div.tiles",
        { "data-count": tiles.length },
        tiles.map(tile => tile.element),
      ),
      set(i, { text, note, tone, spark, color }) {
        const tile = tiles[i];
        tile.value.textContent = text;
        tile.value.className = "tile-value" + (tone ? " " + tone : "");
        if (note !== undefined) tile.note.textContent = note;
        if (spark) tile.spark.replaceChildren(hub.spark(spark, color));
      },
      spark(i, values, color) {
        tiles[i].spark.replaceChildren(hub.spark(values, color));
      },
    };
  };

  // Open and past problems, for an operator with the company's name.
  hub.problemTable = ({ withCompany, past, caption = past ? "Past problems" : "Open problems" }) =>
    hub.table({
      caption,
      cards: true,
      key: row => row.id,
      empty: () =>
        past
          ? hub.empty("No past problems.", null, "chart")
          : hub.empty("No open problems.", "Everything is within its limits."),
      columns: [
        {
          head: "Problem",
          main: true,
          cell: row =>
            el(
              "div",
              el(
                "div.problem-name",
                hub.badge(hub.words(row.rule), row.state === "open" ? "bad" : "plain"),
                row.subject && row.subject !== row.companyName && el("code", row.subject),
              ),
              el("p.problem-text", row.text),
            ),
        },
        withCompany && {
          head: "Company",
          cell: row =>
            row.companyId
              ? el("a", { href: `#/company/${row.companyId}` }, row.companyName ?? row.companyId)
              : el("span.quiet", "The platform"),
        },
        { head: "Value", number: true, cell: row => hub.withUnit(row.value, row.unit) },
        { head: "Limit", number: true, cell: row => hub.withUnit(row.threshold, row.unit) },
        { head: past ? "Opened" : "Since", tight: true, cell: row => hub.time(row.openedAt) },
        past && {
          head: "Lasted",
          tight: true,
          cell: row =>
            row.clearedAt
              ? el(
                  "span",
                  { title: `Over on ${format.exact(row.clearedAt)}` },
                  format.span((new Date(row.clearedAt) - new Date(row.openedAt)) / 1000),
                )
              : el("span.quiet", "Still open"),
        },
      ].filter(Boolean),
    });

  hub.withUnit = (value, unit) => {
    switch (unit) {
      case "ms":
      case "milliseconds":
        return format.ms(value);
      case "%":
      case "percent":
        return format.percent(value);
      case "s":
      case "seconds":
        return value < 60 ? format.ms(value * 1000) : format.span(value);
      case "bytes":
        return format.bytes(value);
      default:
        return format.short(value) + (unit ? "\u00a0" + unit : "");
    }
  };

  // How a company stands with what its plan allows.
  hub.quotaMeters = quotas =>
    quotas.length
      ? el(
          "div.meters",
          quotas.map(quota =>
            hub.meter({
              label: hub.words(quota.resource),
              used: quota.used,
              limit: quota.limit,
              warnAt: 80,
              badAt: 100,
              text: `${format.count(quota.used)} of ${format.count(quota.limit)}`,
              note:
                quota.used > quota.limit
                  ? "More than the plan allows: nothing can be added until it fits."
                  : quota.resetsAt
                    ? `Starts again from 0 on ${format.date(quota.resetsAt)}`
                    : null,
            }),
          ),
        )
      : hub.empty("No quotas.", null, "overview");
})();
