// Instances of the programs, and the cache.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  const roles = { primary: ["Primary", "good"], standby: ["Standby", "plain"], unknown: ["Does not answer", "bad"] };
  const programs = { "ScaleHub.Api": "API", "ScaleHub.Worker": "Worker" };
  const role = name => hub.badge(...(roles[name] ?? [hub.words(name), "warn"]));
  const lagText = (seconds, isStandby) => (isStandby ? hub.level(format.ms(seconds * 1000), seconds, 1, 5) : format.none);

  function instanceCard(instance) {
    const memory = instance.memoryLimitBytes;
    return el(
      `section.card.node${instance.live ? "" : ".gone"}`,
      { "aria-label": instance.name },
      el(
        "div.node-head",
        el("h3", instance.name),
        hub.badge(programs[instance.program] ?? instance.program),
        instance.live ? hub.badge("Live", "good") : hub.badge("Not seen any more", "bad"),
      ),
      instance.live &&
        el(
          "div.meters",
          hub.meter({
            label: "Processor",
            used: instance.cpuPercent ?? 0,
            limit: 100,
            text: format.percent(instance.cpuPercent),
          }),
          memory
            ? hub.meter({
                label: "Memory",
                used: instance.memoryBytes,
                limit: memory,
                text: `${format.bytes(instance.memoryBytes)} of ${format.bytes(memory)}`,
              })
            : hub.facts([["Memory", format.bytes(instance.memoryBytes)]]),
          instance.nodes.map(node =>
            hub.meter({
              label: `Connections to ${node.name}`,
              used: node.used,
              limit: node.max,
              text: `${format.count(node.used)} of ${format.count(node.max)}`,
            }),
          ),
        ),
      hub.facts([
        ["Version", el("code", instance.version ?? format.none)],
        ["Started", hub.time(instance.startedAt)],
        ["Seen", hub.time(instance.seenAt)],
        ["Identifier", el("code.clip", { title: instance.instance }, instance.instance)],
      ]),
      instance.nodes.length > 0 &&
        el(
          "details.fold",
          { "data-fold": instance.instance },
          el("summary", "How it sees the database"),
          nodesSeen(instance),
        ),
    );
  }

  function nodesSeen(instance) {
    const table = hub.table({
      caption: `Database nodes as ${instance.name} sees them`,
      key: row => row.name,
      columns: [
        { head: "Node", main: true, cell: row => row.name },
        { head: "Role", cell: row => role(row.role) },
        { head: "Behind", number: true, cell: row => lagText(row.lagSeconds, row.role === "standby") },
        { head: "Answers in", number: true, cell: row => format.ms(row.role === "unknown" ? null : row.latencyMs) },
        { head: "Reads", number: true, cell: row => (row.servesReads ? format.short(row.reads) : "none") },
      ],
    });
    table.update(instance.nodes);
    return table.element;
  }

  function cacheFacts(cache) {
    const { lookups, local, redis } = cache;
    const ratio = lookups.hitRatio === null ? null : 100 * lookups.hitRatio;
    const word = (yes, good, bad) => hub.badge(yes ? good : bad, yes ? "good" : "bad");
    return el(
      "div.two.inner",
      el(
        "div",
        hub.facts([
          ["State", hub.badge(hub.words(cache.status), cache.status === "healthy" ? "good" : "warn")],
          ["Redis", word(redis.answers, "Answers", "Does not answer")],
          ["Changes by others", word(redis.hearsChanges, "Heard", "Not heard")],
          [
            "Answered without a load",
            ratio !== null && ratio < 60
              ? el("b.warn", { title: "Below 60 % is too little" }, format.percent(ratio))
              : format.percent(ratio),
          ],
        ]),
        cache.status !== "healthy" &&
          el("p.small.quiet", "Entries last one second until Redis answers and changes are heard again."),
      ),
      el(
        "div.meters",
        hub.meter({
          label: "Memory of entries in this instance",
          used: local.bytes,
          limit: local.maxBytes,
          warnAt: 101,
          badAt: 102,
          text: `${format.bytes(local.bytes)} of ${format.bytes(local.maxBytes)}`,
          note: hub.plural(local.entries, "entry").replace("entrys", "entries"),
        }),
        hub.facts([
          ["Found here", format.count(lookups.hits)],
          ["Found in Redis", format.count(lookups.sharedHits)],
          ["Joined another load", format.count(lookups.joined)],
          ["Loaded", format.count(lookups.misses)],
          ["Out of date, as a load failed", format.count(lookups.stale)],
        ]),
      ),
    );
  }

  window.ops.nodeParts = { role, lagText, instanceCard, cacheFacts };
})();
