// Charts over time, drawn as SVG: axes with round numbers, labels at the lines' ends, a cross-hair that all charts of a group
// share, by mouse, touch and arrow keys, and the same figures as a table.
(() => {
  const hub = window.hub;
  const { el, svg, icon } = hub;
  const { spanText, scaleOf, timeTicks, pathOf, areaOf, spread } = hub.axis;
  const HEIGHT = 190;

  // series: [{ name, short, color, area, format }]. update({ times, step, from, to, values }): values by series, null is a gap.
  hub.chart = ({
    title,
    note,
    series,
    format,
    axis = format,
    most,
    whole,
    group = new Set(),
    level = "h3",
    empty,
    height = HEIGHT,
  }) => {
    const shown = series.map(() => true);
    let data = null;
    let points = [];
    let size = 0;
    let at = -1;
    const marks = svg("g", { class: "marks" });
    const drawing = svg("svg", { "aria-hidden": "true", focusable: "false", height });
    const tip = el("div.tip", { hidden: true, "aria-hidden": "true" });
    const id = hub.id();
    const plot = el(
      "div.plot",
      {
        tabindex: 0,
        role: "slider",
        "aria-labelledby": id,
        "aria-valuemin": 0,
        "aria-valuemax": 0,
        "aria-valuenow": 0,
        "aria-valuetext": "No figures yet",
        "aria-orientation": "horizontal",
      },
      drawing,
      tip,
    );
    const legend = el(
      "div.legend",
      series.map((line, i) =>
        el(
          "button.legend-item",
          {
            type: "button",
            "aria-pressed": "true",
            title: `Show or hide ${line.name}`,
            onclick: event => toggle(i, event.currentTarget),
          },
          el(`span.swatch.${line.color}`, { "aria-hidden": "true" }),
          line.name,
        ),
      ),
    );
    const tableSlot = el("div", { hidden: true });
    const switcher = el(
      "button.icon-button",
      {
        type: "button",
        "aria-pressed": "false",
        title: "Show as table",
        "aria-label": `Show as table: ${title}`,
        onclick: showTable,
      },
      icon("table"),
    );
    const element = el(
      "section.chart",
      { "aria-labelledby": id },
      el("div.chart-head", el("div", el(level, { id }, title), note && el("p.small.quiet", note)), switcher),
      legend,
      plot,
      tableSlot,
    );
    const write = i => series[i].format ?? format;

    function toggle(i, button) {
      // The last line that is shown stays.
      if (shown[i] && shown.filter(Boolean).length === 1) return;
      shown[i] = !shown[i];
      button.setAttribute("aria-pressed", shown[i]);
      draw();
    }

    function draw() {
      size = plot.clientWidth;
      if (!data || !size || plot.hidden) return;
      const all = data.values.flatMap((line, i) => (shown[i] ? line : [])).filter(v => v !== null);
      const { top: high, ticks } = most
        ? { top: most, ticks: [0, 1, 2, 3, 4].map(i => (i * most) / 4) }
        : scaleOf(Math.max(0, ...all), whole);
      const left = Math.max(28, 12 + 6.4 * Math.max(...ticks.map(t => axis(t).length)));
      const direct = size > 420 && series.length > 1;
      const right = direct ? 12 + 6.6 * Math.max(...series.map(line => (line.short ?? line.name).length)) : 12;
      const [top, bottom] = [8, height - 22];
      const x = time => left + ((time - data.from) / Math.max(1, data.to - data.from)) * (size - left - right);
      const y = value => bottom - (value / high) * (bottom - top);
      points = data.values.map(line =>
        line.map((value, i) => (value === null ? null : [x(Math.min(data.times[i] + data.step / 2, data.to)), y(value)])),
      );
      drawing.setAttribute("viewBox", `0 0 ${size} ${height}`);
      drawing.setAttribute("width", size);
      const labels = [];
      const lines = series.map((line, i) => {
        if (!shown[i]) return null;
        const last = points[i].findLast(Boolean);
        if (last && direct) labels.push({ y: last[1] + 4, text: line.short ?? line.name, color: line.color });
        return [
          line.area && svg("path", { d: areaOf(points[i], bottom), class: `area ${line.color}` }),
          svg("path", { d: pathOf(points[i]), class: `line ${line.color}` }),
          points[i].map(
            (point, n) =>
              point &&
              !points[i][n - 1] &&
              !points[i][n + 1] &&
              svg("circle", { cx: point[0], cy: point[1], r: 2.25, class: `dot-alone ${line.color}` }),
          ),
        ];
      });
      spread(labels, top + 8, bottom);
      drawing.replaceChildren(
        svg(
          "g",
          ticks.map(t => [
            svg("line", { x1: left, x2: size - right, y1: y(t), y2: y(t), class: t === 0 ? "base" : "grid" }),
            svg("text", { x: left - 8, y: y(t) + 4, "text-anchor": "end" }, axis(t)),
          ]),
          timeTicks(data.from, data.to, size - left - right, data.step).map(({ at: time, label }) => [
            svg("line", { x1: x(time), x2: x(time), y1: bottom, y2: bottom + 4, class: "base" }),
            x(time) > left + 6 &&
              x(time) < size - right - 6 &&
              svg("text", { x: x(time), y: height - 5, "text-anchor": "middle" }, label),
          ]),
          lines,
          labels.map(label => svg("text", { x: size - right + 6, y: label.y, class: `end ${label.color}` }, label.text)),
          !all.length &&
            svg(
              "text",
              { x: (left + size - right) / 2, y: (top + bottom) / 2, "text-anchor": "middle", class: "nothing" },
              empty ?? "No requests in this time",
            ),
        ),
        marks,
      );
      mark();
    }

    const xOf = i => points.find(line => line[i])?.[i][0] ?? null;

    // Draws the cross-hair at a point; -1 is none. What is read out without one is the last point.
    function mark() {
      const i = at >= 0 && at < data.times.length ? at : -1;
      const x = i < 0 ? null : xOf(i);
      marks.replaceChildren();
      if (x !== null)
        marks.append(
          svg("line", { x1: x, x2: x, y1: 8, y2: height - 22, class: "hair" }),
          ...points.flatMap((line, n) =>
            line[i] && shown[n] ? [svg("circle", { cx: x, cy: line[i][1], r: 4, class: `point ${series[n].color}` })] : [],
          ),
        );
      const read = i < 0 ? data.times.length - 1 : i;
      plot.setAttribute("aria-valuemax", Math.max(0, data.times.length - 1));
      plot.setAttribute("aria-valuenow", Math.max(0, read));
      plot.setAttribute(
        "aria-valuetext",
        read < 0
          ? "No figures"
          : `${spanText(data.times[read], data.step)}: ` +
              series.map((line, n) => `${line.name} ${write(n)(data.values[n][read])}`).join(", "),
      );
    }

    function showTip() {
      const x = data && at >= 0 ? xOf(at) : null;
      tip.hidden = x === null;
      if (x === null) return;
      tip.replaceChildren(
        el("p.tip-time", spanText(data.times[at], data.step)),
        ...series.map((line, n) =>
          el("p", el(`span.swatch.${line.color}`), line.name, el("b", write(n)(data.values[n][at]))),
        ),
      );
      const width = tip.offsetWidth;
      tip.style.left = Math.max(0, x + 14 + width > size ? x - 14 - width : x + 14) + "px";
    }

    const own = {
      element,
      update(next) {
        const time = at >= 0 ? data?.times[at] : null;
        data = next;
        if (time) at = data.times.indexOf(time);
        draw();
        if (!tip.hidden) showTip();
        if (!tableSlot.hidden) fillTable();
      },
      point(time) {
        at = time === null || !data ? -1 : data.times.indexOf(time);
        if (data && size) mark();
      },
    };

    function go(i) {
      if (!data?.times.length) return;
      const next = i < 0 ? -1 : Math.min(i, data.times.length - 1);
      const time = next < 0 ? null : data.times[next];
      for (const other of group) other.point(time);
      own.point(time);
      showTip();
    }

    plot.addEventListener("pointermove", event => {
      if (!data?.times.length) return;
      const x = event.clientX - plot.getBoundingClientRect().left;
      let near = -1,
        distance = Infinity;
      for (let i = 0; i < data.times.length; i++) {
        const there = xOf(i);
        if (there !== null && Math.abs(there - x) < distance) [near, distance] = [i, Math.abs(there - x)];
      }
      if (near !== at || tip.hidden) go(near);
    });
    plot.addEventListener("pointerleave", () => go(-1));
    plot.addEventListener("blur", () => go(-1));
    plot.addEventListener("keydown", event => {
      if (!data?.times.length) return;
      const last = data.times.length - 1;
      const now = at < 0 ? last : at;
      const next = {
        ArrowLeft: now - (at < 0 ? 0 : 1),
        ArrowDown: now - 1,
        ArrowRight: now + 1,
        ArrowUp: now + 1,
        PageDown: now - 10,
        PageUp: now + 10,
        Home: 0,
        End: last,
      }[event.key];
      if (event.key === "Escape") return go(-1);
      if (next === undefined) return;
      event.preventDefault();
      go(Math.max(0, next));
    });

    function fillTable() {
      tableSlot.replaceChildren(hub.chartTable(title, series, data, write));
    }

    function showTable() {
      const asTable = tableSlot.hidden;
      if (asTable && data) fillTable();
      tableSlot.hidden = !asTable;
      plot.hidden = legend.hidden = asTable;
      switcher.setAttribute("aria-pressed", asTable);
      switcher.title = asTable ? "Show as chart" : "Show as table";
      switcher.replaceChildren(icon(asTable ? "chart" : "table"));
      if (!asTable) draw();
    }

    group.add(own);
    new ResizeObserver(() => plot.clientWidth !== size && draw()).observe(plot);
    return own;
  };
})();
