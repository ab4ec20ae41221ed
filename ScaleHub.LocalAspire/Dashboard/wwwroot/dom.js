// Elements and icons. Text always goes in as text nodes: names, values and log lines are not trusted to be free of markup.

const svgNamespace = 'http://www.w3.org/2000/svg';

/** Makes an element. `on…` properties are listeners; null and false are left out; true gives an empty attribute. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(svgNamespace, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const paths = {
  resources: 'M3 3h7v7H3zM14 3h7v7h-7zM3 14h7v7H3zM14 14h7v7h-7z',
  console: 'M3 5h18v14H3zM7 10l3 2.5L7 15M13 15h4',
  table: 'M3 5h18v14H3zM3 10h18M3 14.5h18M9 10v9',
  parameters: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  graph: 'M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 20 20',
  start: 'M7 4.5v15l12-7.5z',
  stop: 'M6 6h12v12H6z',
  restart: 'M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.5 3.5v4.2h-4.2',
  command: 'M13 3 5 14h6l-1 7 8-11h-6z',
  more: 'M5.5 12h.01M12 12h.01M18.5 12h.01',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4z',
  hide: 'M4 4l16 16M9.5 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-3 3.7M6.2 7.6A15.5 15.5 0 0 0 2.5 12S6 18.5 12 18.5'
    + 'a8.8 8.8 0 0 0 4-1',
  info: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 11v5M12 8h.01',
  pause: 'M8 5v14M16 5v14',
  clear: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  wrap: 'M3 6h18M3 12h14a3.5 3.5 0 0 1 0 7h-4M15.5 16.5 13 19l2.5 2.5M3 18h6',
  clock: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7v5l3.5 2',
  down: 'M12 5v14M6 13l6 6 6-6',
  good: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM8 12.3l2.8 2.7L16 9.5',
  bad: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM9 9l6 6M15 9l-6 6',
  warn: 'M12 4 2.8 20h18.4zM12 10v4.5M12 17.3h.01',
  busy: 'M12 3.5a8.5 8.5 0 1 1-8.5 8.5',
  idle: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4'
    + 'M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  system: 'M3 5h18v11H3zM8 20h8M12 16v4',
};

/** A picture without a meaning of its own: whoever uses it says in words what it stands for. */
export function icon(name, className = '') {
  const properties = { class: `icon icon-${name} ${className}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' };
  return svg('svg', properties, svg('path', { d: paths[name] }));
}

export function iconButton(name, label, onclick, properties) {
  return h('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick, ...properties }, icon(name));
}

/**
 * Replaces the content of an element; the focus stays on the element with the same data-key, so that an update from the
 * server does not throw a keyboard user back to the top.
 */
export function replace(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest('[data-key]')?.dataset.key;
  container.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (key) container.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}
