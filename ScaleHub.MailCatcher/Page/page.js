// Shows what came in, newest first, and looks again every second.
const find = id => document.getElementById(id);
let chosen = null;
let drawn = "";

function show(mail) {
  chosen = mail.id;
  find("mail").hidden = false;
  find("subject").textContent = mail.subject;
  find("about").textContent = `From ${mail.from} to ${mail.to}, ${new Date(mail.at).toLocaleString()}`;
  find("text").textContent = mail.text ?? "";
  find("html").src = `/mails/${mail.id}`;
}

function draw(mails) {
  find("count").textContent = mails.length > 0 ? `(${mails.length})` : "";
  find("none").hidden = mails.length > 0;
  if (!mails.some(mail => mail.id === chosen)) find("mail").hidden = true;
  find("mails").replaceChildren(...mails.map(mail => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-current", String(mail.id === chosen));
    const subject = document.createElement("strong");
    subject.textContent = mail.subject || "(no subject)";
    const about = document.createElement("small");
    about.textContent = `${mail.to} · ${new Date(mail.at).toLocaleTimeString()}`;
    button.append(subject, about);
    button.addEventListener("click", () => { show(mail); drawn = ""; look(); });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

async function look() {
  try {
    const answer = await fetch(`/api/mails?to=${encodeURIComponent(find("to").value)}`);
    const text = await answer.text();
    // Drawn only when something has changed, so that the focus stays where it is.
    if (answer.ok && text !== drawn) { drawn = text; draw(JSON.parse(text)); }
  } catch {
    find("count").textContent = "(the server does not answer)";
    drawn = "";
  }
}

find("to").addEventListener("input", look);
find("clear").addEventListener("click", async () => { await fetch("/api/mails", { method: "DELETE" }); look(); });
setInterval(look, 1000);
look();
