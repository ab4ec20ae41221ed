// The frame of a page: navigation, sections by the part of the address behind #, theme, signing in and out, and what keeps a
// section up to date. hub.shell({ page, … }) begins it.
(() => {
  const hub = window.hub;
  const { el, svg, icon } = hub;

  hub.logo = () =>
    svg(
      "svg",
      { viewBox: "0 0 24 24", class: "logo", "aria-hidden": "true" },
      svg("rect", { width: 24, height: 24, rx: 6 }),
      svg("path", { d: "M6 16.5V13M10 16.5V9.5M14 16.5V11.5M18 16.5V7" }),
    );

  function themeButton() {
    const names = { system: "Theme of the system", light: "Light theme", dark: "Dark theme" };
    const order = Object.keys(names);
    const now = () => document.documentElement.dataset.theme ?? "system";
    const button = el("button.icon-button", {
      type: "button",
      onclick() {
        const next = order[(order.indexOf(now()) + 1) % order.length];
        if (next === "system") delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = next;
        hub.store.write("theme", next === "system" ? null : next);
        show();
      },
    });
    function show() {
      button.replaceChildren(icon(now()));
      button.title = `${names[now()]}. Press to change.`;
      button.setAttribute("aria-label", button.title);
    }
    show();
    return button;
  }

  // One line above everything while the service cannot be reached, or asks for a pause.
  function banner() {
    const element = el("div.banner-slot", { role: "status" });
    let timer = 0;
    hub.session.onConnection(function show({ offline, pausedUntil }) {
      clearTimeout(timer);
      const seconds = Math.ceil((pausedUntil - Date.now()) / 1000);
      if (offline)
        element.replaceChildren(
          el(
            "p.banner.bad",
            icon("warning"),
            "The service cannot be reached. This page keeps trying and goes on by itself.",
          ),
        );
      else if (seconds > 0) {
        element.replaceChildren(
          el(
            "p.banner.warn",
            icon("warning"),
            "There were many requests. This page goes on by itself in ",
            hub.format.span(seconds),
            ".",
          ),
        );
        timer = setTimeout(() => show({ offline, pausedUntil }), 1000);
      } else element.replaceChildren();
    });
    return element;
  }

  // routes: { "/company/:id": context => section }. A section: { refresh(), every, tick(data) }.
  hub.shell = ({ page, product, signInText, home, nav, routes, refuse, live, roleName }) => {
    hub.session.begin(page);
    const root = document.getElementById("page");
    let stopPage = new AbortController();
    let stopSection = new AbortController();
    let section = null;
    let refreshedAt = 0;
    let lastTick = null;
    let paused = false;
    const shell = (hub.page = {
      badge,
      get lastTick() {
        return lastTick;
      },
    });

    function showSignIn(sentence) {
      stopPage.abort();
      stopSection.abort();
      section = lastTick = null;
      document.querySelectorAll("dialog").forEach(dialog => dialog.close());
      document.title = `Sign in · ${product}`;
      const form = hub.signInForm({ title: "Sign in", text: signInText, sentence, done: showPage });
      root.replaceChildren(
        el("main.sign-in-page", { id: "main", tabindex: -1 }, form.element, el("div.corner", themeButton())),
      );
      form.focus();
    }

    const links = new Map();
    const main = el("main", { id: "main", tabindex: -1 });
    const liveDot = el("button.live", {
      type: "button",
      onclick: () => {
        paused = !paused;
        showLive();
        if (!paused) refresh();
      },
    });
    let liveState = "wait";
    function showLive() {
      const state = paused ? "off" : liveState;
      const words = { on: "Live", wait: "Connecting", off: "Paused" }[state];
      liveDot.className = "live " + state;
      liveDot.replaceChildren(el("span.dot", { "aria-hidden": "true" }), words);
      liveDot.title = paused
        ? "The page stands still. Press to go on."
        : "The page keeps itself up to date. Press to stop it.";
      liveDot.setAttribute("aria-pressed", !paused);
    }

    function badge(path, count, tone = "bad") {
      const slot = links.get(path)?.querySelector(".count");
      if (!slot) return;
      slot.hidden = !count;
      slot.className = `count ${tone}`;
      slot.textContent = hub.format.short(count);
    }

    function showPage() {
      const { role } = hub.session.claims;
      const words = refuse?.(role);
      if (words) {
        hub.session.signOut("").then(() => showSignIn(words));
        return;
      }
      stopPage = new AbortController();
      links.clear();
      const items = nav
        .filter(item => !item.roles || item.roles.includes(role))
        .map(item => {
          const link = el(
            "a",
            { href: "#" + item.path },
            icon(item.symbol),
            el("span", item.label),
            el("span.count", { hidden: true }),
          );
          links.set(item.path, link);
          return el("li", link);
        });
      showLive();
      root.replaceChildren(
        el(
          "header.side",
          el(
            "div.side-top",
            el("a.brand", { href: "#" + home }, hub.logo(), el("span", "ScaleHub"), el("span.product", product)),
            el(
              "div.side-tools",
              themeButton(),
              el(
                "button.icon-button",
                { type: "button", title: "Sign out", "aria-label": "Sign out", onclick: () => hub.session.signOut() },
                icon("out"),
              ),
            ),
          ),
          el("nav", { "aria-label": "Sections" }, el("ul", items)),
          el("p.side-foot.small.quiet", roleName?.(role)),
        ),
        el("div.column", banner(), main),
      );
      open(true);
      if (live) follow(stopPage.signal);
    }

    async function follow(signal) {
      try {
        await hub.api.stream(
          live.path,
          (name, data) => {
            if (name !== live.event || paused) return;
            lastTick = data;
            live.onTick?.(data, shell);
            section?.tick?.(data);
            keepUp();
          },
          {
            signal,
            onState: on => {
              liveState = on ? "on" : "wait";
              showLive();
            },
          },
        );
      } catch (error) {
        if (!signal.aborted && !(error instanceof hub.Problem)) console.error(error);
      }
    }

    function refresh() {
      if (!section?.refresh) return;
      refreshedAt = Date.now();
      section.refresh();
    }

    // A page that nobody looks at asks for nothing.
    function keepUp() {
      if (!section || paused || document.hidden || document.querySelector("dialog[open]")) return;
      const every = typeof section.every === "function" ? section.every() : section.every;
      if (every && Date.now() - refreshedAt >= every - 250) refresh();
    }
    // With the stream away, or on a page without one, a clock does what the ticks do.
    setInterval(() => liveState !== "on" && keepUp(), 5000);
    document.addEventListener("visibilitychange", keepUp);

    function find(path) {
      for (const [pattern, make] of Object.entries(routes)) {
        const match = new RegExp("^" + pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)") + "$").exec(path);
        if (match) return { pattern, make, params: { ...match.groups } };
      }
      return null;
    }

    function open(first) {
      if (!hub.session.isOpen) return;
      const [path, query] = location.hash.slice(1).split("?");
      const route = find(path);
      if (!route) return location.replace("#" + home);
      stopSection.abort();
      stopSection = new AbortController();
      const [heading, note, tools, body] = [
        el("h1", { tabindex: -1 }),
        el("div.quiet.page-note"),
        el("div.tools"),
        el("div.sections"),
      ];
      const head = el("div.page-head", el("div.page-title", heading, note), tools);
      main.replaceChildren(head, body);
      const context = {
        params: route.params,
        query: new URLSearchParams(query),
        signal: stopSection.signal,
        body,
        title(text, more = []) {
          heading.textContent = text;
          head.classList.toggle("short", text.length < 18);
          note.replaceChildren(...[more].flat().filter(Boolean));
          document.title = `${text} · ${product}`;
        },
        tools(...nodes) {
          tools.replaceChildren(...nodes, live ? liveDot : "");
        },
      };
      const current = nav.find(item => item.path === path || item.under?.some(start => path.startsWith(start)));
      for (const [at, link] of links) {
        if (at === current?.path) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      links.get(current?.path)?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
      section = route.make(context);
      if (!tools.childNodes.length && live) tools.append(liveDot);
      refresh();
      if (lastTick) section.tick?.(lastTick);
      if (!first) {
        window.scrollTo(0, 0);
        heading.focus({ preventScroll: true });
      }
    }

    hub.session.onEnd(sentence => sentence && showSignIn(sentence));
    window.addEventListener("hashchange", () => open(false));
    document.querySelector(".skip").addEventListener("click", event => {
      event.preventDefault();
      document.getElementById("main")?.focus();
    });
    if (hub.session.isOpen) showPage();
    else showSignIn("");
  };
})();
