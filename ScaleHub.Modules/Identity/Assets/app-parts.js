// The parts that the sections are put together from: cards, tables, meters, messages.
(() => {
  const hub = window.hub;
  const { el, icon, format } = hub;
  let ids = 0;

  hub.id = () => `part-${++ids}`;

  // A section with a heading; what stands to the right of the heading comes as tools.
  hub.card = ({ title, note, tools, level = "h2", name = "" }, ...content) => {
    const id = hub.id();
    return el(
      "section.card" + name,
      { "aria-labelledby": id },
      el(
        "div.card-head",
        el("div.card-title", el(level, { id }, title), note && el("p.quiet", note)),
        tools && el("div.tools", tools),
      ),
      ...content,
    );
  };

  hub.badge = (text, tone = "plain") => el(`span.badge.${tone}`, el("span.dot", { "aria-hidden": "true" }), text);

  hub.button = (text, action, { kind = "plain", symbol, small, ...rest } = {}) =>
    el(
      `button.button.${kind}${small ? ".small" : ""}`,
      { type: "button", onclick: action, ...rest },
      symbol && icon(symbol),
      text,
    );

  // How much of a limit is used, in words and as a bar.
  hub.meter = ({ label, used, limit, text, note, warnAt = 80, badAt = 95 }) => {
    const percent = limit > 0 ? (100 * used) / limit : used > 0 ? 100 : 0;
    const tone = percent >= badAt ? "bad" : percent >= warnAt ? "warn" : "good";
    const bar = el(
      "div.bar",
      {
        role: "meter",
        "aria-label": label,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": Math.round(Math.min(percent, 100)),
        "aria-valuetext": text,
      },
      el(`div.fill.${tone}`),
    );
    bar.firstChild.style.width = Math.min(Math.max(percent, used > 0 ? 1.5 : 0), 100) + "%";
    return el(
      "div.meter",
      el("div.meter-head", el("span", label), el("span.figure", text)),
      bar,
      note && el("p.small.quiet", note),
    );
  };

  // Names and values, one below the other.
  hub.facts = pairs =>
    el(
      "dl.facts",
      pairs.filter(Boolean).map(([name, ...value]) => el("div", el("dt", name), el("dd", ...value))),
    );

  hub.empty = (text, hint, symbol = "good") =>
    el("div.empty", icon(symbol), el("p", text), hint && el("p.quiet.small", hint));

  hub.skeleton = (lines = 4) =>
    el(
      "div.skeleton",
      { role: "status" },
      el("span.unseen", "Loading"),
      Array.from({ length: lines }, () => el("div.bone", { "aria-hidden": "true" })),
    );

  // What went wrong, in the service's words, and by which trace it is found in the log.
  hub.trouble = (error, again) => {
    if (error.status === 403) return hub.empty(hub.texts.forbidden, error.body?.detail, "key");
    return el(
      "div.trouble",
      { role: "alert" },
      icon("warning"),
      el(
        "div",
        el("p", error instanceof hub.Problem ? error.message : "This part of the page has failed. Load the page again."),
        error.traceId && el("p.small.quiet", "Trace ", el("code", error.traceId)),
      ),
      again && hub.button("Try again", again, { small: true }),
    );
  };
  hub.texts = { forbidden: "Your role does not show this" };

  // A place that loads what it shows. While it loads again the last state stays; when that fails, too, with the failure above it.
  hub.place = ({ load, show, lines, signal, name = "" }) => {
    const warning = el("div.warning-slot");
    const content = el("div", hub.skeleton(lines));
    const element = el("div.place" + name, warning, content);
    let shown = false;
    let failure = null;
    let running = null;
    let turn = 0;
    const reload = () => running ?? again();
    // Whatever is under way: what was asked for has changed, so the answer to the question before is not shown.
    function again() {
      const mine = ++turn;
      content.setAttribute("aria-busy", shown);
      const work = run(() => mine !== turn || signal?.aborted).finally(() => {
        if (running !== work) return;
        running = null;
        content.setAttribute("aria-busy", false);
      });
      return (running = work);
    }
    async function run(isOver) {
      try {
        const data = await load();
        if (isOver()) return;
        const node = show(data, shown);
        if (node) content.replaceChildren(node);
        warning.replaceChildren();
        shown = true;
        failure = null;
      } catch (error) {
        if (isOver()) return;
        if (!(error instanceof hub.Problem)) console.error(error);
        // What fails again in the same way is not announced again.
        if (failure === error.message) return;
        failure = error.message;
        const trouble = hub.trouble(error, () => {
          failure = null;
          warning.replaceChildren();
          if (!shown) content.replaceChildren(hub.skeleton(lines));
          reload();
        });
        if (shown && error.status !== 403) warning.replaceChildren(trouble);
        else {
          content.replaceChildren(trouble);
          shown = false;
        }
      }
    }
    return { element, reload, again };
  };

  const toasts = el("div.toasts", { role: "status", "aria-live": "polite" });
  hub.toast = (text, tone = "good") => {
    // In front of an open dialog, which covers everything that is not in it.
    const host = document.querySelector("dialog[open]") ?? document.body;
    if (toasts.parentElement !== host) host.append(toasts);
    const toast = el(`div.toast.${tone}`, icon(tone === "bad" ? "warning" : "good"), text);
    toasts.append(toast);
    setTimeout(() => toast.remove(), 7000);
  };

  // Puts a text into the clipboard. Without TLS a browser gives no clipboard, and the old way is left.
  hub.copy = async (text, field) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const help = field ?? document.body.appendChild(el("textarea.unseen", { value: text }));
      help.select();
      document.execCommand("copy");
      if (!field) help.remove();
    }
    hub.toast("Copied.");
  };

  // A path that breaks where its parts end, when it must.
  hub.pathText = path =>
    el(
      "code",
      path.split(/(?<=\/)/).flatMap(part => [part, el("wbr")]),
    );

  hub.copyable = text =>
    el(
      "span.copyable",
      el("code", { title: text }, text),
      el(
        "button.icon-button.small",
        { type: "button", title: "Copy", "aria-label": `Copy ${text}`, onclick: () => hub.copy(text) },
        icon("copy"),
      ),
    );
})();
