// The form to sign in: e-mail and password, then the second factor of those who have one.
(() => {
  const hub = window.hub;
  const { el, icon } = hub;

  hub.signInForm = ({ title, text, sentence, done }) => {
    const heading = el("h1", title);
    const about = el("p.quiet", text);
    const message = el("div.form-message", { role: "alert" });
    const slot = el("div");
    const say = (words, tone = "bad") =>
      message.replaceChildren(
        words ? el(`p.note.${tone}`, icon(tone === "bad" ? "warning" : "good"), el("span", words)) : "",
      );

    // Runs what a form sends. After too many attempts the button waits with the reader.
    async function attempt(button, action) {
      button.disabled = true;
      say("");
      try {
        await action();
        button.disabled = false;
      } catch (error) {
        if (!(error instanceof hub.Problem)) console.error(error);
        if (error.status === 429) return countDown(button, error.retryAfter);
        say(error.message);
        button.disabled = false;
      }
    }

    function countDown(button, seconds) {
      const until = Date.now() + seconds * 1000;
      const step = () => {
        const left = Math.ceil((until - Date.now()) / 1000);
        if (left <= 0) {
          say("You can try again now.", "good");
          button.disabled = false;
          return;
        }
        say(`Too many attempts. You can try again in ${hub.plural(left, "second")}.`);
        setTimeout(step, 1000);
      };
      step();
    }

    function passwordForm() {
      const email = hub.field({
        label: "E-mail address",
        type: "email",
        autocomplete: "username",
        required: true,
        maxlength: 254,
        inputmode: "email",
        autocapitalize: "off",
        spellcheck: "false",
      });
      const password = hub.field({
        label: "Password",
        type: "password",
        autocomplete: "current-password",
        required: true,
        maxlength: 1024,
      });
      const go = el("button.button.primary.wide", { type: "submit" }, "Sign in");
      const forgot = hub.button(
        "Forgot your password?",
        () => {
          if (!email.control.reportValidity()) return;
          attempt(forgot, async () => {
            await hub.session.forgot(email.control.value);
            say("If there is an account with this address, a mail with a link is on its way.", "good");
          });
        },
        { kind: "link" },
      );
      slot.replaceChildren(
        el(
          "form",
          {
            onsubmit: event => {
              event.preventDefault();
              attempt(go, async () => {
                const challenge = await hub.session.signIn(email.control.value, password.control.value);
                if (challenge) codeForm(challenge, false);
                else done();
              });
            },
          },
          email.element,
          password.element,
          go,
          forgot,
        ),
      );
      return email.control;
    }

    function codeForm(challenge, recovery) {
      heading.textContent = "One more step";
      about.textContent = recovery
        ? "Type one of the recovery codes that you wrote down. Each works once."
        : "Type the six digits that your authenticator app shows.";
      const code = recovery
        ? hub.field({
            label: "Recovery code",
            type: "text",
            autocomplete: "off",
            required: true,
            maxlength: 100,
            spellcheck: "false",
          })
        : hub.field({
            label: "Code",
            type: "text",
            inputmode: "numeric",
            autocomplete: "one-time-code",
            pattern: "[0-9]{6}",
            required: true,
            maxlength: 6,
            title: "Six digits",
          });
      const go = el("button.button.primary.wide", { type: "submit" }, "Continue");
      slot.replaceChildren(
        el(
          "form",
          {
            onsubmit: event => {
              event.preventDefault();
              attempt(go, async () => {
                await hub.session.answer(challenge, code.control.value.trim(), recovery);
                done();
              });
            },
          },
          code.element,
          go,
          hub.button(
            recovery ? "Use the app instead" : "Use a recovery code instead",
            () => codeForm(challenge, !recovery),
            { kind: "link" },
          ),
          hub.button(
            "Start again",
            () => {
              heading.textContent = title;
              about.textContent = text;
              say("");
              passwordForm().focus();
            },
            { kind: "link" },
          ),
        ),
      );
      code.control.focus();
    }

    const first = passwordForm();
    if (sentence) say(sentence, sentence.startsWith("You have signed out") ? "good" : "bad");
    return {
      element: el(
        "div.sign-in",
        el("div.sign-in-card", el("div.brand", hub.logo(), "ScaleHub"), heading, about, message, slot),
      ),
      focus: () => first.focus(),
    };
  };
})();
