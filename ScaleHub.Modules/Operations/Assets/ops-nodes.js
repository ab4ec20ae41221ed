// The machines: database servers as the answering instance sees them, every instance of the programs, and the cache.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  const { role, lagText, instanceCard, cacheFacts } = window.ops.nodeParts;
  // How far standbys were behind, since the page was opened: at most an hour.
  const lag = { times: [], nodes: new Map() };
  const LONGEST = 3600000;
  const colors = ["c1", "c3", "c4", "c5", "c2"];

  function remember(nodes) {
    const now = Date.now();
    lag.times.push(now);
    for (const node of nodes)
      if (!lag.nodes.has(node.name)) lag.nodes.set(node.name, Array(lag.times.length - 1).fill(null));
    for (const [name, values] of lag.nodes) {
      const node = nodes.find(n => n.name === name);
      values.push(node?.role === "standby" ? node.lagSeconds : null);
    }
    while (lag.times[0] < now - LONGEST) {
      lag.times.shift();
      for (const values of lag.nodes.values()) values.shift();
    }
  }

  function databaseCard(node) {
    const standby = node.role === "standby";
    return el(
      "section.card.node",
      { "aria-label": node.name },
      el(
        "div.node-head",
        el("h3", node.name),
        role(node.role),
        standby && hub.badge(...(node.servesReads ? ["Serves reads", "good"] : ["Serves no reads", "warn"])),
      ),
      hub.facts([
        [
          "Behind",
          lagText(node.lagSeconds, standby),
          standby && node.lagBytes > 0 && el("span.quiet", ` (${format.bytes(node.lagBytes)})`),
        ],
        [
          "Answers in",
          node.role === "unknown" ? format.none : hub.level(format.ms(node.latencyMs), node.latencyMs, 50, 250),
        ],
        ["Looked at", hub.time(node.checkedAt)],
      ]),
      hub.meter({
        label: "Connections of this instance",
        used: node.pool.used,
        limit: node.pool.max,
        text: `${format.count(node.pool.used)} of ${format.count(node.pool.max)}`,
        note: `${format.count(node.pool.idle)} open and waiting`,
      }),
    );
  }

  // What docs/failover.md says to do, for who has no time to look it up.
  function noPrimary(nodes) {
    const standbys = nodes
      .filter(n => n.role === "standby")
      .sort((a, b) => a.lagBytes - b.lagBytes || a.lagSeconds - b.lagSeconds);
    return el(
      "section.alarm",
      { role: "alert" },
      hub.icon("warning"),
      el(
        "div",
        el("h2", "There is no primary"),
        el(
          "p",
          "Writes are refused with status 503 until a standby is promoted. Reads go on from the standbys, with a session for about a minute. ",
          "Nothing is promoted by itself.",
        ),
        el(
          "ol",
          el(
            "li",
            "Make sure that the old primary is lost or stopped. ",
            "While it answers, or is alive but refuses connections, the command refuses.",
          ),
          el(
            "li",
            "In the dashboard, choose ",
            el("b", "Promote to primary"),
            " on a standby",
            standbys.length
              ? [". The one that is least behind, as this instance sees it, is ", el("b", standbys[0].name), "."]
              : ".",
          ),
          el("li", "When another standby has received more of the log, the command refuses and names the one to promote."),
        ),
        el("p", "Every instance sees the new primary within a second or two. Nothing has to be restarted."),
      ),
    );
  }

  // Folds that are open stay open when what is around them is drawn again.
  function keepFolds(within, draw) {
    const open = new Set([...within.querySelectorAll("details[open]")].map(fold => fold.dataset.fold));
    const focused = document.activeElement?.closest?.("summary")?.parentElement.dataset.fold;
    draw();
    for (const fold of within.querySelectorAll("details")) {
      fold.open = open.has(fold.dataset.fold);
      if (focused && fold.dataset.fold === focused) fold.querySelector("summary").focus({ preventScroll: true });
    }
  }

  window.ops.nodes = context => {
    const { signal, body } = context;
    const alarm = el("div");
    const cards = el("div.node-grid");
    const instances = el("div.node-grid");
    const chartSlot = el("div.card");
    let chart = null;
    let names = "";

    const database = hub.place({
      // 503 is how it says that there is no primary; it has the same body.
      signal,
      lines: 4,
      load: () => hub.api.get("/api/health/database", { signal, accept: [503] }),
      show(answer, shown) {
        if (!Array.isArray(answer.nodes)) throw new hub.Problem(503, answer);
        remember(answer.nodes);
        const hasPrimary = answer.nodes.some(n => n.role === "primary");
        if (hasPrimary) alarm.replaceChildren();
        else if (!alarm.firstChild) alarm.append(noPrimary(answer.nodes));
        cards.replaceChildren(...answer.nodes.map(databaseCard));
        drawLag(answer.nodes);
        return shown ? null : el("div.sections", cards, chartSlot);
      },
    });
    const programs = hub.place({
      signal,
      lines: 6,
      load: () => hub.api.get("/api/admin/instances", { signal }),
      show(answer, shown) {
        const sorted = answer.items.toSorted(
          (a, b) => b.live - a.live || a.program.localeCompare(b.program) || a.name.localeCompare(b.name),
        );
        keepFolds(instances, () =>
          instances.replaceChildren(
            ...(sorted.length ? sorted.map(instanceCard) : [hub.empty("No instance has reported yet.", null, "nodes")]),
          ),
        );
        return shown ? null : instances;
      },
    });
    const cache = hub.place({
      signal,
      lines: 4,
      load: () => hub.api.get("/api/health/cache", { signal }),
      show: cacheFacts,
    });

    function drawLag(nodes) {
      const standbys = [...lag.nodes.keys()].filter(
        name => lag.nodes.get(name).some(v => v !== null) || nodes.some(n => n.name === name && n.role === "standby"),
      );
      chartSlot.hidden = !standbys.length;
      if (standbys.join() !== names) {
        names = standbys.join();
        const write = seconds => format.ms(seconds === null ? null : seconds * 1000);
        chart = hub.chart({
          title: "How far standbys are behind",
          note: "Since this page was opened. Above 5 seconds a standby gets no reads.",
          format: write,
          axis: write,
          empty: "No standby",
          height: 150,
          series: standbys.map((name, i) => ({ name, color: colors[i % colors.length] })),
        });
        chartSlot.replaceChildren(chart.element);
      }
      const to = lag.times.at(-1);
      chart?.update({
        times: [...lag.times],
        step: 0,
        from: Math.min(lag.times[0], to - 60000),
        to,
        values: standbys.map(name => [...lag.nodes.get(name)]),
      });
    }

    context.title("Nodes");
    body.append(
      alarm,
      el(
        "section.sections",
        { "aria-labelledby": "databases" },
        el("h2", { id: "databases" }, "Database"),
        database.element,
      ),
      el("section.sections", { "aria-labelledby": "programs" }, el("h2", { id: "programs" }, "Programs"), programs.element),
      hub.card({ title: "Cache and Redis", note: "As the instance that answered sees it." }, cache.element),
    );
    return {
      every: 10000,
      refresh() {
        for (const place of [database, programs, cache]) place.reload();
      },
    };
  };
})();
