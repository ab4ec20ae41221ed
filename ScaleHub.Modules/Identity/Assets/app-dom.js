// Elements, numbers and times: what every other script of these pages uses. Elements are made one by one, as the pages'
// Content-Security-Policy allows no markup from scripts.
window.hub = {};
(() => {
  const hub = window.hub;
  const svgSpace = "http://www.w3.org/2000/svg";
  const NONE = "–";
  const SPACE = "\u00a0";

  function build(element, rest) {
    for (const part of rest.flat(3)) {
      if (part === null || part === undefined || part === false) continue;
      if (part instanceof Node) element.append(part);
      else if (typeof part === "object") setAll(element, part);
      else element.append(String(part));
    }
    return element;
  }

  function setAll(element, properties) {
    for (const [name, value] of Object.entries(properties)) {
      if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "value") element.value = value;
      else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
    }
  }

  // el("p.quiet", { title: "…" }, "text", child, [children]): nothing that is null or false is added.
  hub.el = (name, ...rest) => {
    const [tag, ...classes] = name.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    return build(element, rest);
  };

  hub.svg = (name, ...rest) => build(document.createElementNS(svgSpace, name), rest);

  const paths = {
    overview: "M4 19V10M10 19V5M16 19v-7M21 19H3",
    companies: "M4 21V4h9v17M13 9h7v12M7.5 8h2M7.5 12h2M7.5 16h2M16 13h1.5M16 17h1.5M2 21h20",
    nodes:
      "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6" +
      "M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
    jobs: "M12 3 3 8l9 5 9-5zM3 12.5l9 5 9-5M3 16.8l9 5 9-5",
    alerts: "M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9M10 20a2.2 2.2 0 0 0 4 0",
    light:
      "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4" +
      "M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
    system: "M3 4.5h18v12H3zM8 20.5h8M12 16.5v4",
    out: "M14 4H5v16h9M10 12h11M17.5 8.5 21 12l-3.5 3.5",
    search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20.5 20.5",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    table: "M3.5 5h17v14h-17zM3.5 10h17M3.5 14.5h17M9.5 10v9",
    chart: "M4 4v16h16M7.5 15.5l4-5 3 3 5-6.5",
    people:
      "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M2.5 20c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 5.5a3.5 3.5 0 0 1 0 6.5" +
      "M18 15c2 .8 3.5 2.5 3.5 5",
    key: "M8 10a5 5 0 1 0 0 10 5 5 0 0 0 0-10M11.5 11.5 20.5 3M16.5 7l3 3",
    invoice: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
    download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4 20h16",
    device: "M4 5h16v10H4zM2 19h20",
    warning: "M12 4 2.5 20h19zM12 10v5M12 17.5v.5",
    good: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8 12.5l3 3 5.5-6.5",
    back: "M15 5l-7 7 7 7",
    menu: "M4 7h16M4 12h16M4 17h16",
  };

  hub.icon = name =>
    hub.svg(
      "svg",
      { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
      hub.svg("path", { d: paths[name] }),
    );

  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  const two = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
  const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  const none = value => value === null || value === undefined || Number.isNaN(value);
  // As many digits as mean something: 0.42, 4.2, 42, 420.
  const digits = value => (value < 1 ? two : value < 100 ? one : whole).format(value);

  const digits2 = value => (value < 10 ? two : value < 100 ? one : whole).format(value);

  const format = (hub.format = {
    none: NONE,
    count: value => (none(value) ? NONE : whole.format(value)),
    short: value => (none(value) ? NONE : Math.abs(value) < 1000 ? digits(value) : short.format(value)),
    rate: value => (none(value) ? NONE : value < 1000 ? digits(value) : whole.format(value)),
    ms: value => (none(value) ? NONE : value >= 1000 ? digits2(value / 1000) + SPACE + "s" : digits(value) + SPACE + "ms"),
    percent: value => (none(value) ? NONE : (value < 10 ? two : one).format(value) + SPACE + "%"),
    bytes(value) {
      if (none(value)) return NONE;
      const units = ["B", "KiB", "MiB", "GiB", "TiB"];
      let unit = 0;
      while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
      return (value < 10 && unit ? one : whole).format(value) + SPACE + units[unit];
    },
    // How long something lasts, in the largest unit that fits.
    span(seconds) {
      if (none(seconds)) return NONE;
      for (const [name, size] of [
        ["day", 86400],
        ["hour", 3600],
        ["minute", 60],
      ]) {
        if (seconds >= size) return plural(Math.floor(seconds / size), name);
      }
      return seconds > 0 && seconds < 1 ? `${two.format(seconds)}${SPACE}seconds` : plural(Math.round(seconds), "second");
    },
    money: (minor, currency) =>
      new Intl.NumberFormat("en", { style: "currency", currency }).format(
        minor / 10 ** new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits,
      ),
    date: value => (none(value) ? NONE : day.format(new Date(value))),
    exact: value => (none(value) ? NONE : exact.format(new Date(value))),
    ago(value) {
      const seconds = Math.round((new Date(value) - Date.now()) / 1000);
      if (Math.abs(seconds) < 5) return "just now";
      for (const [name, size] of [
        ["year", 31536000],
        ["month", 2592000],
        ["day", 86400],
        ["hour", 3600],
        ["minute", 60],
      ]) {
        // What comes in 6 days and 23 hours comes in 7 days; what was 6 days and 23 hours ago was 6 days ago.
        if (Math.abs(seconds) >= size)
          return relative.format(seconds > 0 ? Math.round(seconds / size) : Math.trunc(seconds / size), name);
      }
      return relative.format(seconds, "second");
    },
  });

  function plural(count, name) {
    return `${whole.format(count)}${SPACE}${name}${count === 1 ? "" : "s"}`;
  }
  hub.plural = plural;

  // A time in words, which stay right, with the exact time in its title.
  hub.time = value =>
    none(value)
      ? hub.el("span.quiet", NONE)
      : hub.el("time", { datetime: value, title: format.exact(value), "data-relative": true }, format.ago(value));

  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const text = format.ago(time.dateTime);
      if (time.textContent !== text) time.textContent = text;
    }
  }, 5000);

  // "notifications.mail" and "pastDue" as people write them.
  const names = { api: "API", apiKey: "API key", "api-keys": "API keys" };
  hub.words = name => {
    if (Object.hasOwn(names, name)) return names[name];
    const text = String(name)
      .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
      .replace(/[._-]+/g, " ")
      .toLowerCase();
    return text.charAt(0).toUpperCase() + text.slice(1);
  };

  // For Idempotency-Key; crypto.randomUUID is missing on pages without TLS.
  hub.key = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");

  hub.debounce = (action, ms) => {
    let timer = 0;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(action, ms, ...values);
    };
  };

  hub.store = {
    read(key, area = localStorage) {
      try {
        return area.getItem("scalehub." + key);
      } catch {
        return null;
      }
    },
    write(key, value, area = localStorage) {
      try {
        if (value === null) area.removeItem("scalehub." + key);
        else area.setItem("scalehub." + key, value);
      } catch {
        // A browser that keeps nothing forgets it with the page.
      }
    },
  };
})();
