// Who is signed in, and every call of the API. What the pages promise:
// - tokens are kept in sessionStorage, so that they end with the tab; they are refreshed before they expire;
// - a 401 that a refresh does not mend leads to the sign-in form;
// - a 429 is waited for as long as the service asks, by everything that reads;
// - reading goes on by itself when the network is back. What changes something is sent once, and its failure is shown.
(() => {
  const hub = window.hub;
  const listeners = { session: new Set(), connection: new Set() };
  const connection = { offline: false, pausedUntil: 0 };
  let page = "app";
  let refreshing = null;

  // An answer other than success: problem+json (RFC 9457), or none at all with status 0.
  class Problem extends Error {
    constructor(status, body = {}) {
      super(
        Object.values(body.errors ?? {}).flat()[0] ??
          body.detail ??
          body.title ??
          `The service answered with status ${status}.`,
      );
      Object.assign(this, { status, body, title: body.title, traceId: body.traceId });
    }

    static async of(answer) {
      let body = {};
      try {
        body = await answer.json();
      } catch {
        if (answer.status >= 500) body = { detail: "The service cannot answer at the moment." };
      }
      const problem = new Problem(answer.status, body);
      problem.retryAfter = retryAfter(answer);
      return problem;
    }
  }
  hub.Problem = Problem;

  const retryAfter = answer => Math.min(Math.max(Number(answer.headers.get("Retry-After")) || 1, 1), 900);
  const tell = (set, ...values) => set.forEach(listener => listener(...values));
  const unreachable = () =>
    new Problem(0, { detail: "The service cannot be reached. Check your connection, then try again." });

  function claimsOf(token) {
    try {
      return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    } catch {
      return {};
    }
  }

  const read = () => JSON.parse(hub.store.read(page, sessionStorage) ?? "null");
  const write = session => hub.store.write(page, session && JSON.stringify(session), sessionStorage);

  function keep(tokens) {
    const session = {
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
      expiresAt: Date.now() + tokens.expiresIn * 1000,
      margin: Math.min(60, tokens.expiresIn / 4) * 1000,
    };
    write(session);
    return session;
  }

  // A tab that was duplicated has the same session, and a refresh token works once: the tabs refresh in turn and tell each other.
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("scalehub.session") : null;
  channel?.addEventListener("message", ({ data }) => {
    const mine = read();
    if (!mine || data.page !== page) return;
    if (claimsOf(mine.accessToken).sid === claimsOf(data.session.accessToken).sid) write(data.session);
  });
  const inTurn = action => (navigator.locks ? navigator.locks.request("scalehub.refresh." + page, action) : action());

  function end(sentence) {
    if (!read()) return;
    write(null);
    tell(listeners.session, sentence);
  }

  function refresh(stale) {
    return (refreshing ??= inTurn(async () => {
      const session = read();
      if (!session) throw new Problem(401, { detail: "You are not signed in." });
      if (session.accessToken !== stale) return session;
      const answer = await post("/api/v1/auth/refresh", { refreshToken: session.refreshToken });
      if (answer.status === 401) {
        end("Your session has ended. Please sign in again.");
        throw await Problem.of(answer);
      }
      if (!answer.ok) throw await Problem.of(answer);
      const next = keep(await answer.json());
      channel?.postMessage({ page, session: next });
      return next;
    }).finally(() => (refreshing = null)));
  }

  async function token() {
    const session = read();
    if (!session) throw new Problem(401, { detail: "You are not signed in." });
    if (session.expiresAt - Date.now() > session.margin) return session.accessToken;
    return (await refresh(session.accessToken)).accessToken;
  }

  const post = (path, body) =>
    fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
    });

  function sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      if (signal?.aborted) return stop();
      signal?.addEventListener("abort", stop, { once: true });
      const wake = () => {
        clearTimeout(timer);
        window.removeEventListener("online", wake);
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      // Sooner when the network comes back; that of a pause for Retry-After is waited for below again.
      window.addEventListener("online", wake);
    });
  }

  function connected(offline, pausedUntil = connection.pausedUntil) {
    if (connection.offline === offline && connection.pausedUntil === pausedUntil) return;
    Object.assign(connection, { offline, pausedUntil });
    tell(listeners.connection, connection);
  }

  async function pause(signal) {
    while (connection.pausedUntil > Date.now()) await sleep(connection.pausedUntil - Date.now(), signal);
  }

  async function call(method, path, { body, key, signal, accept = [], as = "json" } = {}) {
    const reads = method === "GET";
    let refreshed = false;
    for (let failures = 0; ;) {
      await pause(signal);
      let answer, used;
      try {
        used = await token();
        answer = await fetch(path, {
          method,
          signal,
          cache: reads ? "default" : "no-store",
          headers: {
            Authorization: "Bearer " + used,
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
            ...(key ? { "Idempotency-Key": key } : {}),
          },
          body: body === undefined ? undefined : JSON.stringify(body),
        });
      } catch (error) {
        // fetch throws a TypeError when there is no answer.
        if (!(error instanceof TypeError) || signal?.aborted) throw error;
        connected(true);
        if (!reads) throw unreachable();
        await sleep(Math.min(15, 2 ** ++failures) * 1000, signal);
        continue;
      }
      connected(false);
      if (answer.status === 401 && !refreshed) {
        refreshed = true;
        await refresh(used).catch(error => {
          if (error instanceof Problem) throw error;
          throw unreachable();
        });
        continue;
      }
      if (answer.status === 401) end("Your session has ended. Please sign in again.");
      if (answer.status === 429 && (reads || retryAfter(answer) <= 10)) {
        connected(false, Date.now() + retryAfter(answer) * 1000);
        continue;
      }
      if (!answer.ok && !accept.includes(answer.status)) throw await Problem.of(answer);
      if (answer.status === 204) return null;
      return as === "blob" ? answer.blob() : as === "answer" ? answer : answer.json();
    }
  }

  // Server-Sent Events (WHATWG HTML, 9.2), read by fetch since EventSource cannot send a token. Goes on after a loss, until
  // onEvent returns true or the signal says so.
  async function stream(path, onEvent, { signal, onState = () => {} }) {
    for (let failures = 0; !signal.aborted;) {
      const watch = new AbortController();
      const stop = () => watch.abort();
      signal.addEventListener("abort", stop, { once: true });
      let timer = 0;
      try {
        const answer = await call("GET", path, { signal: watch.signal, as: "answer" });
        onState(true);
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let rest = ""; ;) {
          // Nothing for this long: nobody may be at the other end any more.
          timer = setTimeout(stop, 45000);
          const { value, done } = await reader.read();
          clearTimeout(timer);
          if (done) break;
          failures = 0;
          const blocks = (rest + value.replaceAll("\r\n", "\n")).split("\n\n");
          rest = blocks.pop();
          for (const block of blocks) {
            const data = block
              .split("\n")
              .filter(line => line.startsWith("data:"))
              .map(line => line.slice(5))
              .join("\n");
            const name = /^event: ?(.*)$/m.exec(block)?.[1] ?? "message";
            if (data && onEvent(name, JSON.parse(data))) return stop();
          }
        }
      } catch (error) {
        // What asking again does not mend: not signed in, not allowed, not there.
        if (error instanceof Problem && [401, 403, 404].includes(error.status)) {
          onState(false);
          throw error;
        }
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
      }
      if (signal.aborted) return;
      onState(false);
      await sleep(Math.min(15, 2 ** failures++) * 1000, signal).catch(() => {});
    }
  }

  hub.api = {
    get: (path, options) => call("GET", path, options),
    send: (method, path, body, options) => call(method, path, { ...options, body }),
    stream,
    query: parameters =>
      "?" +
      new URLSearchParams(
        Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== ""),
      ),
  };

  // The two steps of signing in. A right password of somebody with a second factor is 401 with a challenge.
  async function enter(path, body) {
    let answer;
    try {
      answer = await post(path, body);
    } catch {
      throw unreachable();
    }
    if (!answer.ok) throw await Problem.of(answer);
    return answer.status === 200 ? answer.json() : null;
  }

  hub.session = {
    begin: name => (page = name),
    get isOpen() {
      return read() !== null;
    },
    get claims() {
      return claimsOf(read()?.accessToken ?? "");
    },
    onEnd: listener => listeners.session.add(listener),
    onConnection: listener => listeners.connection.add(listener),
    forgot: email => enter("/api/v1/auth/password/forgot", { email }),
    async signIn(email, password) {
      try {
        keep(await enter("/api/v1/auth/login", { email, password }));
        return null;
      } catch (problem) {
        if (problem.body?.totpRequired) return problem.body.challenge;
        throw problem;
      }
    },
    async answer(challenge, code, isRecovery) {
      keep(await enter("/api/v1/auth/login/totp", { challenge, [isRecovery ? "recoveryCode" : "code"]: code }));
    },
    async signOut(sentence = "You have signed out.") {
      await call("POST", "/api/v1/auth/logout").catch(() => {});
      end(sentence);
    },
  };
})();
