// What is wrong now, and what was.
(() => {
  const hub = window.hub;

  window.ops.alerts = context => {
    const { signal, body } = context;
    const lists = ["open", "cleared"].map(state =>
      hub.pages({
        signal,
        lines: 3,
        table: hub.problemTable({ withCompany: true, past: state === "cleared" }),
        load: cursor =>
          hub.api.get("/api/admin/metrics/problems" + hub.api.query({ state, limit: 25, cursor }), { signal }),
      }),
    );
    context.title("Alerts");
    body.append(hub.card({ title: "Open" }, lists[0].element), hub.card({ title: "History" }, lists[1].element));
    let openBefore = null;
    let pastAt = 0;
    return {
      every: 10000,
      refresh() {
        lists[0].reload();
        // The history changes when something opens or ends, so it is not read each time.
        const open = hub.page.lastTick?.openProblems ?? null;
        if (Date.now() - pastAt < 60000 && open === openBefore) return;
        [pastAt, openBefore] = [Date.now(), open];
        lists[1].reload();
      },
    };
  };
})();
