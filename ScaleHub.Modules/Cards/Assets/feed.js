// The feed for people: asks /api/v1/feed every ten seconds, which costs the service next to nothing, as caches answer it.
// Text of others only ever becomes text (textContent), never markup; the page's Content-Security-Policy sees to it too.

const every = 10_000;
const tiers = ["rare", "epic", "legendary"];
const at = (id) => document.getElementById(id);
const [list, filter, older, newest] = ["cards", "filter", "older", "newest"].map(at);

let tier = "";
let shown = "";        // the newest page, as it came
let cursor = null;     // of the next older page
let deep = false;      // older pages are shown, so the newest must not push them around
let timer;
let asking = new AbortController();

const ages = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function age(time) {
  const seconds = (Date.now() - Date.parse(time)) / 1000;
  const [unit, length] = ages.find(([, length]) => seconds >= length) ?? [];
  return unit ? relative.format(-Math.floor(seconds / length), unit) : "just now";
}

function tellAges() {
  for (const time of list.querySelectorAll("time")) time.textContent = age(time.dateTime);
}

function tellState(state, text) {
  at("live").dataset.state = state;
  at("state").textContent = text;
}

function element(item) {
  const card = at("card").content.firstElementChild.cloneNode(true);
  const kind = at("odds").querySelector(`li[data-tier="${CSS.escape(item.tier)}"]`);
  if (kind) {
    card.dataset.tier = item.tier;
    card.prepend(kind.querySelector("picture").cloneNode(true));
    card.querySelector(".tier").textContent = kind.querySelector("h3").textContent;
  }
  card.querySelector("h3").textContent = item.card;
  card.querySelector("bdi").textContent = item.shownName;
  const time = card.querySelector("time");
  time.dateTime = item.createdAt;
  time.title = absolute.format(Date.parse(item.createdAt));
  return card;
}

async function ask(from) {
  const query = new URLSearchParams({ limit: 24 });
  if (tier) query.set("tier", tier);
  if (from) query.set("cursor", from);
  asking.abort();
  asking = new AbortController();
  const response = await fetch(`/api/v1/feed?${query}`, { signal: asking.signal });
  if (response.ok) return response.text();
  const failure = new Error(`The feed answered ${response.status}.`);
  failure.retryAfter = Number(response.headers.get("Retry-After")) || 0;
  throw failure;
}

const key = (item) => `${item.createdAt} ${item.card} ${item.shownName}`;

function showNewest(text) {
  if (text === shown) return;
  const known = shown ? new Set(JSON.parse(shown).items.map(key)) : null;
  const { items, page } = JSON.parse(text);
  const cards = items.map((item) => {
    const card = element(item);
    card.classList.toggle("new", known !== null && !known.has(key(item)));
    return card;
  });
  list.replaceChildren(...cards);
  const added = cards.filter((card) => card.classList.contains("new")).length;
  if (added) at("news").textContent = added === 1 ? "One new card." : `${added} new cards.`;
  [shown, cursor] = [text, page.nextCursor];
  at("empty").hidden = items.length > 0;
  older.hidden = !page.hasMore;
  newest.hidden = true;
}

async function refresh() {
  clearTimeout(timer);
  let pause = every;
  try {
    showNewest(await ask());
    tellState("live", "Live");
  } catch (failure) {
    if (failure.name === "AbortError") return;
    pause = Math.max(every, (failure.retryAfter ?? 0) * 1000);
    tellState("away", "Cannot be reached; trying again");
  }
  tellAges();
  list.removeAttribute("aria-busy");
  if (!deep && !document.hidden) timer = setTimeout(refresh, pause);
}

function startAfresh() {
  [shown, cursor, deep] = ["", null, false];
  list.setAttribute("aria-busy", "true");
  return refresh();
}

older.addEventListener("click", async () => {
  clearTimeout(timer);
  deep = true;
  try {
    const { items, page } = JSON.parse(await ask(cursor));
    const cards = items.map(element);
    list.append(...cards);
    tellAges();
    cursor = page.nextCursor;
    [older.hidden, newest.hidden] = [!page.hasMore, false];
    at("news").textContent = `${items.length} older cards.`;
    tellState("paused", "Paused while you look at older cards");
  } catch (failure) {
    if (failure.name !== "AbortError") tellState("away", "Cannot be reached; try again");
  }
});

newest.addEventListener("click", async () => {
  await startAfresh();
  list.focus();
  scrollTo({ top: 0 });
});

filter.addEventListener("change", ({ target }) => {
  tier = target.value;
  history.replaceState(null, "", tier ? `?tier=${tier}` : location.pathname);
  startAfresh();
});

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden && !deep) refresh();
});

async function showOdds() {
  const response = await fetch("/api/v1/cards/odds");
  if (!response.ok) return;
  const { tiers: odds, totalWeight } = await response.json();
  const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
  for (const { tier: name, weight } of odds) {
    const place = document.querySelector(`[data-odds="${CSS.escape(name)}"]`);
    if (place) place.textContent = percent.format(weight / totalWeight);
  }
  at("odds").hidden = false;
}

const wanted = new URLSearchParams(location.search).get("tier");
if (tiers.includes(wanted)) tier = wanted;
// Also without one: a browser that reloads keeps what was chosen.
filter.querySelector(`[value="${tier}"]`).checked = true;
startAfresh();
showOdds().catch(() => { /* the cards are what the page is for */ });
