// What a link in a mail leads to: #reset=…, #verify=… or #invitation=….
const tasks = {
  reset: { title: "Set a new password", path: "/api/v1/auth/password/reset", done: "Your new password is set. Sign in with it; all devices were signed out." },
  invitation: { title: "Join", path: "/api/v1/auth/invitations/accept", done: "Welcome. You can sign in now." },
  verify: { title: "Confirm your e-mail address", path: "/api/v1/auth/email/verify", done: "Thank you, your address is confirmed." },
};

const [name, token] = location.hash.slice(1).split("=");
const task = Object.hasOwn(tasks, name) && token ? tasks[name] : null;
const form = document.getElementById("form");
const message = document.getElementById("message");

function say(text, wrong = false) {
  message.textContent = text;
  message.classList.toggle("wrong", wrong);
}

async function send(body) {
  const button = document.getElementById("send");
  button.disabled = true;
  try {
    const answer = await fetch(task.path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token, ...body }),
    });
    if (answer.ok) {
      form.hidden = true;
      say(task.done);
      return;
    }
    const problem = await answer.json();
    say(Object.values(problem.errors ?? {}).flat()[0] ?? problem.detail ?? problem.title, true);
  } catch {
    say("The service does not answer. Try again shortly.", true);
  } finally {
    button.disabled = false;
  }
}

if (task) {
  // Nobody else who uses this browser finds the link in its history.
  history.replaceState(null, "", location.pathname);
  document.getElementById("title").textContent = task.title;
  if (name === "verify") {
    say("One moment.");
    send({});
  } else {
    say(name === "reset" ? "Choose a new password for your account." : "Choose a password to sign in with.");
    form.hidden = false;
    form.addEventListener("submit", event => {
      event.preventDefault();
      send({ password: document.getElementById("password").value });
    });
  }
}
