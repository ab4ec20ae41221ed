// Where the reader is signed in.
(() => {
  const hub = window.hub;
  const { el, format } = hub;

  // "Chrome on Linux", from what a browser calls itself; whatever else it is, as it is.
  function deviceOf(agent) {
    if (!agent) return "Unknown device";
    const browser = [
      ["Edg/", "Edge"],
      ["OPR/", "Opera"],
      ["Firefox/", "Firefox"],
      ["Chrome/", "Chrome"],
      ["Safari/", "Safari"],
      ["curl/", "curl"],
    ].find(([mark]) => agent.includes(mark))?.[1];
    const system = [
      ["iPhone", "iPhone"],
      ["iPad", "iPad"],
      ["Android", "Android"],
      ["Windows", "Windows"],
      ["Mac OS X", "macOS"],
      ["Linux", "Linux"],
    ].find(([mark]) => agent.includes(mark))?.[1];
    return browser && system ? `${browser} on ${system}` : (browser ?? agent);
  }

  window.app.sessions = context => {
    const { signal, body } = context;
    const table = hub.table({
      caption: "Your sessions",
      cards: true,
      key: row => row.id,
      columns: [
        {
          head: "Device",
          main: true,
          cell: row =>
            el(
              "span.named",
              el("span", { title: row.userAgent }, deviceOf(row.userAgent)),
              row.current && hub.badge("This one", "good"),
            ),
        },
        { head: "Address", cell: row => row.ip ?? el("span.quiet", "Not known") },
        { head: "Signed in", tight: true, cell: row => hub.time(row.createdAt) },
        { head: "Last seen", tight: true, cell: row => hub.time(row.lastSeenAt) },
        {
          head: "Ends",
          tight: true,
          cell: row => el("span", { title: format.exact(row.expiresAt) }, format.date(row.expiresAt)),
        },
        {
          head: "",
          tight: true,
          cell: row =>
            row.current
              ? ""
              : el(
                  "div.row-actions",
                  hub.button("End", () => end(row), {
                    small: true,
                    "aria-label": `End the session of ${deviceOf(row.userAgent)}`,
                  }),
                ),
        },
      ],
    });
    const others = hub.button("End all others", endOthers, { small: true });
    const list = hub.place({
      signal,
      lines: 3,
      load: () => hub.api.get("/api/v1/sessions", { signal }),
      show(answer, shown) {
        table.update(answer.items);
        others.hidden = answer.items.length < 2;
        return shown ? null : table.element;
      },
    });

    async function end(session) {
      const done = await hub.ask({
        title: "End this session?",
        text: `${deviceOf(session.userAgent)} is signed out within a second.`,
        button: "End session",
        danger: true,
        act: () => hub.api.send("DELETE", `/api/v1/sessions/${session.id}`),
      });
      if (!done) return;
      hub.toast("The session has ended.");
      list.again();
    }

    async function endOthers() {
      const done = await hub.ask({
        title: "End all other sessions?",
        text: "Every other device of yours is signed out within a second. This one stays.",
        button: "End all others",
        danger: true,
        act: () => hub.api.send("DELETE", "/api/v1/sessions"),
      });
      if (!done) return;
      hub.toast("All other sessions have ended.");
      list.again();
    }

    context.title("Sessions");
    body.append(
      hub.card(
        { title: "Your sessions", note: "Where you are signed in. End those that you do not know.", tools: others },
        list.element,
      ),
    );
    return { every: 60000, refresh: () => list.reload() };
  };
})();
