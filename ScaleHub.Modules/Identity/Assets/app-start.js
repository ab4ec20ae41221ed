// Puts the company's own page together.
(() => {
  const { hub, app } = window;
  const { el } = hub;
  const names = { owner: "an owner", admin: "an admin", member: "a member" };

  // Whose page it is: the company's name, when it is known.
  function whose(role) {
    const company = el("b");
    hub.api
      .get("/api/v1/company")
      .then(answer => company.replaceChildren(answer.name, el("br")))
      .catch(() => {});
    return el("span", company, `Signed in as ${names[role] ?? "a user"}`);
  }

  hub.shell({
    page: "app",
    product: "Your company",
    signInText: "Your company's usage, people and invoices.",
    home: "/overview",
    refuse: role => (role === "operator" ? "Operators have no part in companies. Their page is /ops." : null),
    roleName: whose,
    nav: [
      { path: "/overview", label: "Overview", symbol: "overview" },
      { path: "/people", label: "People", symbol: "people", roles: ["admin", "owner"] },
      { path: "/keys", label: "API keys", symbol: "key", roles: ["admin", "owner"] },
      { path: "/invoices", label: "Invoices", symbol: "invoice", roles: ["admin", "owner"] },
      { path: "/exports", label: "Exports", symbol: "download" },
      { path: "/sessions", label: "Sessions", symbol: "device" },
    ],
    routes: {
      "/overview": app.overview,
      "/people": app.people,
      "/sessions": app.sessions,
      "/keys": app.keys,
      "/invoices": app.invoices,
      "/exports": app.exports,
    },
  });
})();
