// Keys for machines. A key is shown once, when it is made.
(() => {
  const hub = window.hub;
  const { el, format } = hub;

  window.app.keys = context => {
    const { signal, body } = context;
    const isOver = row => row.expiresAt && new Date(row.expiresAt) < new Date();
    const table = hub.table({
      caption: "API keys",
      cards: true,
      key: row => row.id,
      empty: hub.empty("No API keys.", "Make one for each program that uses the API.", "key"),
      columns: [
        {
          head: "Name",
          main: true,
          cell: row => el("span.named", row.name, isOver(row) && hub.badge("Expired", "bad")),
        },
        { head: "Role", cell: row => hub.badge(hub.words(row.role), row.role === "admin" ? "good" : "plain") },
        { head: "Made", tight: true, cell: row => hub.time(row.createdAt) },
        {
          head: "Last used",
          tight: true,
          cell: row => (row.lastUsedAt ? hub.time(row.lastUsedAt) : el("span.quiet", "Never")),
        },
        {
          head: "Expires",
          tight: true,
          cell: row => (row.expiresAt ? hub.time(row.expiresAt) : el("span.quiet", "Never")),
        },
        {
          head: "",
          tight: true,
          cell: row =>
            el(
              "div.row-actions",
              hub.button("Revoke", () => revoke(row), { small: true, "aria-label": `Revoke the key ${row.name}` }),
            ),
        },
      ],
    });
    const list = hub.pages({
      signal,
      lines: 3,
      table,
      load: cursor => hub.api.get("/api/v1/api-keys" + hub.api.query({ limit: 50, cursor }), { signal }),
    });

    async function create() {
      const name = hub.field({
        label: "Name",
        type: "text",
        required: true,
        maxlength: 100,
        autocomplete: "off",
        hint: "What the key is for.",
      });
      const role = hub.choice({
        label: "Role",
        options: [
          ["member", "Member"],
          ["admin", "Admin"],
        ],
        value: "member",
        hint: "The key never does more than you may do.",
      });
      const expires = hub.choice({
        label: "Expires",
        value: "90",
        options: [
          ["30", "After 30 days"],
          ["90", "After 90 days"],
          ["365", "After a year"],
          ["", "Never"],
        ],
      });
      let made = null;
      const done = await hub.ask({
        title: "Make an API key",
        body: [name.element, role.element, expires.element],
        button: "Make key",
        act: async () => {
          made = await hub.api.send("POST", "/api/v1/api-keys", {
            name: name.control.value.trim(),
            role: role.control.value,
            ...(expires.control.value ? { expiresInDays: Number(expires.control.value) } : {}),
          });
        },
      });
      if (!done) return;
      list.again();
      const field = el("input", {
        type: "text",
        readonly: true,
        value: made.key,
        "aria-label": "The key",
        spellcheck: "false",
        onfocus: event => event.target.select(),
      });
      await hub.show({
        title: "Copy your key now",
        body: el(
          "div.key-once",
          el("p", "This is the only time that it is shown. Keep it as you keep a password."),
          el(
            "div",
            field,
            hub.button("Copy", () => hub.copy(made.key, field), { symbol: "copy" }),
          ),
          el(
            "p.small.quiet",
            "Send it as ",
            el("code", "Authorization: Bearer shk_…"),
            made.expiresAt ? `. It works until ${format.date(made.expiresAt)}.` : ". It does not expire.",
          ),
        ),
      });
    }

    async function revoke(key) {
      const done = await hub.ask({
        title: `Revoke the key “${key.name}”?`,
        text: "Programs that use it are refused within a second. This cannot be undone.",
        button: "Revoke",
        danger: true,
        act: () => hub.api.send("DELETE", `/api/v1/api-keys/${key.id}`),
      });
      if (!done) return;
      hub.toast(`The key “${key.name}” was revoked.`);
      list.again();
    }

    context.title("API keys");
    if (window.app.mayManage()) context.tools(hub.button("Make a key", create, { kind: "primary" }));
    body.append(
      hub.card(
        { title: "Keys", note: "For programs that use the API. They act in the name of whoever made them." },
        list.element,
      ),
    );
    return { refresh: () => list.reload() };
  };
})();
