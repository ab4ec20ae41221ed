// The company's data to take away: what is begun here goes on in the background, and says how far it is.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  const over = ["succeeded", "dead", "cancelled"];
  // What can be exported does not change while the page is open, and is asked for rarely: these calls are limited to ten a
  // minute.
  let lists = null;

  // What was begun in this tab, so that it is still there after a reload.
  const remembered = () => JSON.parse(hub.store.read("exports", sessionStorage) ?? "[]");
  const remember = entries => hub.store.write("exports", JSON.stringify(entries.slice(0, 20)), sessionStorage);

  const nameOf = month =>
    new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(month + "-01"));

  // Nobody who signs in afterwards sees what this user has exported.
  hub.session.onEnd(() => {
    remember([]);
    lists = null;
  });

  const names = {
    "exports.list": "A list",
    "exports.company": "All data of the company",
    "exports.report": "The report of a month",
  };
  const words = {
    scheduled: ["Is tried again", "warn"],
    queued: ["Waits", "plain"],
    running: ["Under way", "plain"],
    succeeded: ["Ready", "good"],
    dead: ["Failed", "bad"],
    cancelled: ["Cancelled", "plain"],
  };

  // One export: follows its job by its stream of events until it ends.
  function exportRow({ id, title }, signal, job = null) {
    const state = el("span");
    const actions = el("div.row-actions");
    const bar = el(
      "div.bar",
      { role: "progressbar", "aria-label": `Progress of: ${title}`, "aria-valuemin": 0, "aria-valuemax": 100 },
      el("div.fill"),
    );
    const note = el("p.small.quiet", { role: "status" });
    const element = el("li.export", el("div.export-head", el("h3", title), state, actions), bar, note);
    const cancel = hub.button(
      "Cancel",
      async () => {
        cancel.disabled = true;
        await hub.api.send("DELETE", `/api/v1/jobs/${id}`).catch(error => hub.toast(error.message, "bad"));
      },
      { small: true, "aria-label": `Cancel: ${title}` },
    );

    function show(now) {
      job = now;
      const isOver = over.includes(job.status);
      const [text, tone] = words[job.status] ?? [hub.words(job.status), "plain"];
      state.replaceChildren(hub.badge(job.cancelRequested && !isOver ? "Stops" : text, tone));
      bar.hidden = isOver;
      bar.setAttribute("aria-valuenow", job.progress);
      bar.firstChild.style.width = Math.max(job.progress, 2) + "%";
      note.textContent =
        job.status === "dead"
          ? (job.failure ?? "It has failed. Begin it again, or ask the support.")
          : isOver
            ? ""
            : (job.progressText ?? "");
      actions.replaceChildren(isOver || job.cancelRequested ? "" : cancel);
      if (job.status === "succeeded" && job.result?.fileId) ready(job.result);
    }

    async function ready({ fileId, rows }) {
      actions.replaceChildren(
        hub.button("Download", () => download(fileId), {
          small: true,
          kind: "primary",
          symbol: "download",
          "aria-label": `Download: ${title}`,
        }),
      );
      try {
        const file = await hub.api.get(`/api/v1/files/${fileId}`, { signal });
        note.replaceChildren(
          [file.name, rows === undefined ? null : hub.plural(rows, "row"), format.bytes(file.sizeBytes)]
            .filter(Boolean)
            .join(", "),
          ...(file.expiresAt ? [", deleted ", hub.time(file.expiresAt)] : []),
        );
      } catch (error) {
        if (signal.aborted) return;
        note.textContent = error.status === 404 ? "The file was deleted." : error.message;
        if (error.status === 404) actions.replaceChildren();
      }
    }

    if (job) show(job);
    if (!job || !over.includes(job.status)) {
      show(job ?? { status: "queued", progress: 0 });
      hub.api
        .stream(
          `/api/v1/jobs/${id}/events`,
          (name, data) => {
            if (name === "job") show(data);
            return over.includes(data.status);
          },
          { signal },
        )
        .catch(error => {
          if (signal.aborted) return;
          bar.hidden = true;
          actions.replaceChildren();
          state.replaceChildren(hub.badge("Gone", "plain"));
          note.textContent = error.status === 404 ? "It is over, and forgotten." : error.message;
        });
    }
    return element;
  }

  // A link works for 15 minutes, so it is asked for when it is needed.
  async function download(fileId) {
    try {
      const file = await hub.api.get(`/api/v1/files/${fileId}`, { cache: "no-store" });
      el("a", { href: file.link.url, download: file.name }).click();
    } catch (error) {
      hub.toast(error.status === 404 ? "The file was deleted. Export it again." : error.message, "bad");
    }
  }

  window.app.exports = context => {
    const { signal, body } = context;
    const { role, sub } = hub.session.claims;
    const rows = el("ul.exports");
    const none = hub.empty("Nothing was exported yet.", "Files are kept for a week.", "download");
    const known = new Set();
    const add = (entry, job, first) => {
      if (known.has(entry.id)) return;
      known.add(entry.id);
      rows[first ? "prepend" : "append"](exportRow(entry, signal, job));
      none.hidden = true;
    };

    async function begin(button, path, request, title) {
      button.disabled = true;
      try {
        const { jobId } = await hub.api.send("POST", path, request, { key: hub.key() });
        if (known.has(jobId)) return hub.toast("This export is under way already.");
        remember([{ id: jobId, title }, ...remembered()]);
        add({ id: jobId, title }, null, true);
      } catch (error) {
        hub.toast(error.message, "bad");
      } finally {
        button.disabled = false;
      }
    }

    function listForm(items) {
      const choice = hub.choice({
        label: "List",
        options: items.map(item => [item.list, hub.words(item.list)]),
        onchange: show,
      });
      const columns = el("p.small.quiet");
      function show() {
        const item = items.find(i => i.list === choice.control.value);
        columns.textContent = `Columns: ${item.columns.join(", ")}.`;
      }
      show();
      const go = hub.button(
        "Export",
        () => begin(go, "/api/v1/exports", { list: choice.control.value }, hub.words(choice.control.value)),
        { kind: "primary" },
      );
      return el("div.start", choice.element, columns, go);
    }

    const starts = hub.place({
      signal,
      lines: 4,
      load: async () => (lists ??= await hub.api.get("/api/v1/exports", { signal })),
      show: answer => (answer.length ? listForm(answer) : hub.empty("There is nothing to export.", null, "download")),
    });
    const whole = hub.button("Export all data", () =>
      begin(whole, "/api/v1/exports/company", undefined, names["exports.company"]),
    );
    const now = new Date().toISOString().slice(0, 7);
    const month = hub.field({
      label: "Month",
      type: "month",
      value: now,
      max: now,
      required: true,
      pattern: "20[0-9]{2}-[01][0-9]",
    });
    const kind = hub.choice({
      label: "As",
      options: [
        ["pdf", "PDF"],
        ["html", "Page"],
      ],
      value: "pdf",
    });
    const report = hub.button(
      "Write report",
      () =>
        month.control.reportValidity() &&
        begin(
          report,
          "/api/v1/reports",
          { month: month.control.value, format: kind.control.value },
          `Report of ${nameOf(month.control.value)}`,
        ),
    );

    context.title("Exports");
    body.append(
      el(
        "div.three",
        hub.card({ title: "A list", note: "As a CSV file for a spreadsheet." }, starts.element),
        role !== "member" &&
          hub.card(
            { title: "Report of a month", note: "What the company did, on one page." },
            el("div.start", el("div.pair", month.element, kind.element), report),
          ),
        role === "owner" &&
          hub.card(
            { title: "Everything", note: "All lists and files in one ZIP file." },
            el("div.start", el("p.small.quiet", "It can take a while. You can leave this page: it goes on."), whole),
          ),
      ),
      hub.card({ title: "Your exports" }, rows, none),
    );
    for (const entry of remembered()) add(entry);

    async function earlier() {
      try {
        const answer = await hub.api.get("/api/v1/jobs?limit=50", { signal });
        for (const job of answer.items) {
          if (job.kind in names && job.createdBy === sub) add({ id: job.id, title: names[job.kind] }, job);
        }
      } catch {
        // What was begun before is an addition; without it the page does what it is for.
      }
    }
    if (role !== "member") earlier();
    return { refresh: () => starts.reload() };
  };
})();
