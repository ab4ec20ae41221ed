// An event stream that is open only while its page can be seen: a browser allows six connections to one host, and every tab
// in the background would take two. Whoever comes back gets the present state anew, so nothing is missed.

const retryAfter = 2000;

/** `handlers` by event name; `onLost` is told when the connection breaks. Returns how to end it. */
export function stream(url, handlers, onLost = () => {}) {
  let source = null;
  let timer = null;

  const open = () => {
    if (source !== null || document.hidden) return;
    source = new EventSource(url);
    for (const [name, handler] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
    }
    source.addEventListener('error', () => {
      onLost();
      // The browser connects again by itself, unless the answer was an error.
      if (source.readyState === EventSource.CLOSED) {
        close();
        timer = setTimeout(retry, retryAfter);
      }
    });
  };

  const retry = async () => {
    const answer = await fetch('/api/resources').catch(() => null);
    if (answer?.status === 401) location.href = '/login'; // a new AppHost does not know this page's login
    else if (answer?.ok) open();
    else timer = setTimeout(retry, retryAfter);
  };

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };

  const onVisibility = () => (document.hidden ? close() : open());
  document.addEventListener('visibilitychange', onVisibility);
  addEventListener('pagehide', close);
  addEventListener('pageshow', open);
  open();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    removeEventListener('pagehide', close);
    removeEventListener('pageshow', open);
    close();
  };
}
