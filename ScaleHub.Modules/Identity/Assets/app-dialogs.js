// Dialogs: questions before something changes, and small forms. The browser's own dialog keeps focus and closes with Escape.
(() => {
  const hub = window.hub;
  const { el } = hub;

  hub.field = ({ label, hint, ...input }) => {
    const id = hub.id();
    const control = el("input", { id, "aria-describedby": hint ? id + "-hint" : null, ...input });
    return {
      control,
      element: el(
        "div.field",
        el("label", { for: id }, label),
        control,
        hint && el("p.small.quiet", { id: id + "-hint" }, hint),
      ),
    };
  };

  hub.choice = ({ label, options, value, hint, ...rest }) => {
    const id = hub.id();
    const control = el(
      "select",
      { id, ...rest },
      options.map(([name, text]) => el("option", { value: name }, text)),
    );
    if (value !== undefined) control.value = value;
    return {
      control,
      element: el("div.field", el("label", { for: id }, label), control, hint && el("p.small.quiet", hint)),
    };
  };

  // Asks, and does what was asked for: `act` runs with the dialog open, which shows what the service says against it. Whether it
  // was done is the answer. `body` is drawn above the buttons; `explain` may turn a problem into nodes.
  hub.ask = ({ title, text, body, button, danger, act, explain }) =>
    new Promise(resolve => {
      const id = hub.id();
      const trouble = el("div.dialog-trouble", { role: "alert" });
      const go = el(`button.button.${danger ? "danger" : "primary"}`, { type: "submit" }, button);
      let done = false;
      const form = el(
        "form",
        { onsubmit: send },
        el("h2", { id }, title),
        text && el("p", text),
        body,
        trouble,
        el(
          "div.dialog-foot",
          hub.button("Cancel", () => dialog.close()),
          go,
        ),
      );
      const dialog = el("dialog", { "aria-labelledby": id, onclose: close }, form);

      async function send(event) {
        event.preventDefault();
        go.disabled = true;
        trouble.replaceChildren();
        try {
          await act();
          done = true;
          dialog.close();
        } catch (error) {
          trouble.replaceChildren(
            ...(explain?.(error) ?? [el("p", error.message)]),
            error.traceId ? el("p.small.quiet", "Trace ", el("code", error.traceId)) : "",
          );
        } finally {
          go.disabled = false;
        }
      }

      function close() {
        dialog.remove();
        resolve(done);
      }

      document.body.append(dialog);
      dialog.showModal();
      // What destroys is not what Enter does at once.
      if (danger) form.querySelector(".dialog-foot .button").focus();
    });

  // Shows something, with a button to close it.
  hub.show = ({ title, body, tools, wide }) =>
    new Promise(resolve => {
      const id = hub.id();
      const dialog = el(
        `dialog${wide ? ".wide" : ""}`,
        {
          "aria-labelledby": id,
          onclose: () => {
            dialog.remove();
            resolve();
          },
        },
        el("h2", { id }, title),
        body,
        el(
          "div.dialog-foot",
          tools,
          hub.button("Close", () => dialog.close(), { kind: "primary" }),
        ),
      );
      document.body.append(dialog);
      dialog.showModal();
    });
})();
