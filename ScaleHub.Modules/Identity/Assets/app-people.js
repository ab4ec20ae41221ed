// Who works for the company, and who is asked to.
(() => {
  const hub = window.hub;
  const { el, format } = hub;
  const roleNames = { member: "Member", admin: "Admin", owner: "Owner" };
  const tones = { owner: "warn", admin: "good", member: "plain" };
  const role = name => hub.badge(roleNames[name] ?? hub.words(name), tones[name]);

  // An admin gives and takes every role but that of an owner.
  const mayGive = name => hub.session.claims.role === "owner" || name !== "owner";
  const options = () =>
    Object.entries(roleNames)
      .filter(([name]) => mayGive(name))
      .map(([name, text]) => [name, text]);
  const help = "Members do the daily work. Admins also manage people and API keys. Owners also decide on the plan and pay.";

  window.app.people = context => {
    const { signal, body } = context;
    const me = hub.session.claims.sub;
    const users = hub.table({
      caption: "Users",
      cards: true,
      key: row => row.id,
      columns: [
        {
          head: "E-mail address",
          main: true,
          cell: row => el("span.mail", row.email, row.id === me && el("span.quiet.small.you", "you")),
        },
        { head: "Role", cell: row => role(row.role) },
        {
          head: "Address confirmed",
          cell: row =>
            row.emailVerifiedAt
              ? el("span", { title: `Confirmed on ${format.exact(row.emailVerifiedAt)}` }, "Yes")
              : el("span.quiet", "Not yet"),
        },
        { head: "Added", tight: true, cell: row => hub.time(row.createdAt) },
        {
          head: "",
          tight: true,
          cell: row =>
            mayGive(row.role)
              ? el(
                  "div.row-actions",
                  hub.button("Change role", () => changeRole(row), {
                    small: true,
                    "aria-label": `Change role of ${row.email}`,
                  }),
                  hub.button("Remove", () => remove(row), { small: true, "aria-label": `Remove ${row.email}` }),
                )
              : "",
        },
      ],
    });
    const invitations = hub.table({
      caption: "Invitations",
      cards: true,
      key: row => row.id,
      empty: hub.empty("No open invitations.", "Who accepted is among the users.", "people"),
      columns: [
        { head: "E-mail address", main: true, cell: row => el("span.mail", row.email) },
        { head: "Role", cell: row => role(row.role) },
        { head: "Sent", tight: true, cell: row => hub.time(row.createdAt) },
        { head: "Works until", tight: true, cell: row => hub.time(row.expiresAt) },
        {
          head: "",
          tight: true,
          cell: row =>
            el(
              "div.row-actions",
              hub.button("Withdraw", () => withdraw(row), {
                small: true,
                "aria-label": `Withdraw the invitation of ${row.email}`,
              }),
            ),
        },
      ],
    });
    const load = path => cursor => hub.api.get(path + hub.api.query({ limit: 50, cursor }), { signal });
    const userList = hub.pages({ signal, lines: 4, table: users, load: load("/api/v1/users") });
    const invitationList = hub.pages({ signal, lines: 2, table: invitations, load: load("/api/v1/invitations") });

    async function invite() {
      const email = hub.field({
        label: "E-mail address",
        type: "email",
        required: true,
        maxlength: 254,
        autocomplete: "off",
      });
      const choice = hub.choice({ label: "Role", options: options(), value: "member", hint: help });
      let [request, key] = ["", ""];
      const done = await hub.ask({
        title: "Invite somebody",
        text: "The person gets a mail with a link that works once, within a week.",
        body: [email.element, choice.element],
        button: "Send invitation",
        act: () => {
          const body = { email: email.control.value, role: choice.control.value };
          // The same again has the same key, and sends no second mail; another address is another invitation.
          if (request !== JSON.stringify(body)) [request, key] = [JSON.stringify(body), hub.key()];
          return hub.api.send("POST", "/api/v1/invitations", body, { key });
        },
      });
      if (!done) return;
      hub.toast(`The invitation of ${email.control.value} is on its way.`);
      invitationList.again();
    }

    async function changeRole(user) {
      const choice = hub.choice({ label: "Role", options: options(), value: user.role, hint: help });
      const done = await hub.ask({
        title: `Change the role of ${user.email}`,
        body: choice.element,
        button: "Change role",
        act: () => hub.api.send("PATCH", `/api/v1/users/${user.id}`, { role: choice.control.value }),
      });
      if (!done) return;
      hub.toast(`${user.email} is ${roleNames[choice.control.value].toLowerCase()} now.`);
      userList.again();
    }

    async function remove(user) {
      const done = await hub.ask({
        title: `Remove ${user.email}?`,
        text:
          user.id === me
            ? "This is you. You are signed out at once, and cannot sign in again."
            : "All sessions and API keys of this user end at once. What the user did stays.",
        button: "Remove",
        danger: true,
        act: () => hub.api.send("DELETE", `/api/v1/users/${user.id}`),
      });
      if (!done) return;
      hub.toast(`${user.email} was removed.`);
      userList.again();
    }

    async function withdraw(invitation) {
      const done = await hub.ask({
        title: `Withdraw the invitation of ${invitation.email}?`,
        text: "Its link stops working.",
        button: "Withdraw",
        danger: true,
        act: () => hub.api.send("DELETE", `/api/v1/invitations/${invitation.id}`),
      });
      if (!done) return;
      hub.toast("The invitation was withdrawn.");
      invitationList.again();
    }

    context.title("People");
    if (window.app.mayManage()) context.tools(hub.button("Invite somebody", invite, { kind: "primary" }));
    body.append(hub.card({ title: "Users" }, userList.element), hub.card({ title: "Invitations" }, invitationList.element));
    return {
      refresh() {
        userList.reload();
        invitationList.reload();
      },
    };
  };
})();
