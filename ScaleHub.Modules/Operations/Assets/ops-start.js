// Puts the operators' page together.
(() => {
  const { hub, ops } = window;
  hub.texts.forbidden = "This account may not see this";
  hub.shell({
    page: "ops",
    product: "Operations",
    signInText: "For those who run the platform.",
    home: "/overview",
    refuse: role =>
      role === undefined || role === "operator"
        ? null
        : "This account is not an operator's. Sign in with an operator's account.",
    roleName: () => "Signed in as an operator",
    nav: [
      { path: "/overview", label: "Overview", symbol: "overview" },
      { path: "/companies", label: "Companies", symbol: "companies", under: ["/company/"] },
      { path: "/nodes", label: "Nodes", symbol: "nodes" },
      { path: "/jobs", label: "Jobs", symbol: "jobs" },
      { path: "/alerts", label: "Alerts", symbol: "alerts" },
    ],
    routes: {
      "/overview": ops.overview,
      "/companies": ops.companies,
      "/company/:id": ops.company,
      "/nodes": ops.nodes,
      "/jobs": ops.jobs,
      "/alerts": ops.alerts,
    },
    live: {
      path: "/api/admin/metrics/events",
      event: "tick",
      onTick(data, page) {
        page.badge("/alerts", data.openProblems);
        page.badge("/jobs", data.jobs.dead, "warn");
      },
    },
  });
})();
