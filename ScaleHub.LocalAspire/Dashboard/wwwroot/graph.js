// The graph: who depends on whom, from left (nobody needs it) to right (it needs nobody).
import { h, icon, svg } from './dom.js';
import { hueOf, stateOf } from './format.js';
import { pageHead, shortType } from './resources.js';
import * as store from './store.js';

const size = { width: 212, height: 54, lane: 10, gapX: 88, gapY: 26, margin: 24 };

export function graphPage(main) {
  const frame = h('div', { class: 'graph-frame' });
  main.append(pageHead('/graph'), frame, h('ul', { class: 'legend' },
    h('li', null, line('edge'), 'uses or is part of'), h('li', null, line('edge wait'), 'only waits for')));
  const draw = () => {
    const focused = document.activeElement?.closest?.('.node')?.dataset.key;
    frame.replaceChildren(store.all().length > 0 ? drawing(store.all())
      : h('p', { class: 'empty' }, store.isLoaded() ? 'There are no resources yet.' : 'Loading…'));
    if (focused) frame.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  };
  const stop = store.watch(draw);
  document.addEventListener('detail', draw);
  return () => {
    stop();
    document.removeEventListener('detail', draw);
  };
}

const line = (className) => svg('svg', { width: 34, height: 10, 'aria-hidden': 'true' },
  svg('path', { class: className, d: 'M0 5h34' }));

function edgesOf(resources) {
  const names = new Set(resources.map((resource) => resource.name));
  return resources.flatMap((resource) => [...new Set(resource.relations.map((relation) => relation.name))]
    .filter((name) => names.has(name) && name !== resource.name)
    .map((name) => ({
      from: resource.name,
      to: name,
      wait: resource.relations.filter((relation) => relation.name === name).every((relation) => relation.type === 'WaitFor'),
    })));
}

/** The column of each resource: left of all that it needs. A cycle, which cannot start anyway, is cut where it is met. */
function columnsOf(resources, edges) {
  const columns = new Map();
  const visit = (name, path) => {
    if (columns.has(name)) return columns.get(name);
    if (path.has(name)) return 0;
    path.add(name);
    const own = Math.max(-1, ...edges.filter((edge) => edge.to === name).map((edge) => visit(edge.from, path))) + 1;
    path.delete(name);
    columns.set(name, own);
    return own;
  };
  resources.forEach(({ name }) => visit(name, new Set()));

  // Then as far to the right as it can go, which makes the lines short.
  for (const name of [...columns.keys()].sort((a, b) => columns.get(b) - columns.get(a))) {
    const next = edges.filter((edge) => edge.from === name && columns.get(edge.to) > columns.get(name)).map((edge) => columns.get(edge.to));
    if (next.length > 0) columns.set(name, Math.min(...next) - 1);
  }
  return columns;
}

/**
 * Places for everything. A line that passes a column goes through a lane of its own there, which all lines to the same
 * resource share; so no line runs behind a box.
 */
function layOut(resources, edges) {
  const columns = columnsOf(resources, edges);
  const layers = [];
  const put = (column, item) => {
    layers[column] ??= [];
    if (!layers[column].includes(item)) layers[column].push(item);
  };
  for (const { name } of resources) put(columns.get(name), name);
  const routes = edges.map((edge) => {
    const stops = [edge.from];
    for (let column = columns.get(edge.from) + 1; column < columns.get(edge.to); column++) {
      stops.push(`${edge.to} via ${column}`);
      put(column, stops.at(-1));
    }
    return { ...edge, stops: [...stops, edge.to] };
  });
  untangle(layers, routes);
  const heightOf = (item) => (columns.has(item) ? size.height : size.lane);
  const used = layers.map((layer) => layer.reduce((sum, item) => sum + heightOf(item) + size.gapY, -size.gapY));
  const height = Math.max(...used) + 2 * size.margin;
  const spots = new Map();
  layers.forEach((layer, column) => {
    let y = (height - used[column]) / 2;
    for (const item of layer) {
      spots.set(item, { x: size.margin + column * (size.width + size.gapX), y, middle: y + heightOf(item) / 2 });
      y += heightOf(item) + size.gapY;
    }
  });
  return { routes, spots, height, width: layers.length * (size.width + size.gapX) - size.gapX + 2 * size.margin };
}

/** Moves everything towards the middle of its neighbours, so that fewer lines cross. */
function untangle(layers, routes) {
  const neighbours = new Map();
  const join = (a, b) => neighbours.set(a, (neighbours.get(a) ?? new Set()).add(b));
  for (const { stops } of routes) {
    for (let i = 1; i < stops.length; i++) {
      join(stops[i - 1], stops[i]);
      join(stops[i], stops[i - 1]);
    }
  }
  for (let round = 0; round < 8; round++) {
    const place = new Map(layers.flatMap((layer) => layer.map((item, i) => [item, (i + 0.5) / layer.length])));
    const weight = (item) => {
      const near = [...neighbours.get(item) ?? []];
      return near.length > 0 ? near.reduce((sum, other) => sum + place.get(other), 0) / near.length : place.get(item);
    };
    for (const layer of layers) {
      layer.sort((a, b) => weight(a) - weight(b));
      layer.forEach((item, i) => place.set(item, (i + 0.5) / layer.length));
    }
  }
}

function drawing(resources) {
  const edges = edgesOf(resources);
  const { routes, spots, width, height } = layOut(resources, edges);
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Dependencies of the resources' },
    routes.map((route) => edgeShape(route, spots)),
    resources.map((resource) => nodeShape(resource, spots.get(resource.name), edges)));
  picture.style.width = `${width}px`;
  picture.style.minWidth = `${Math.round(width * 0.62)}px`;
  for (const type of ['mouseover', 'focusin']) picture.addEventListener(type, highlight);
  for (const type of ['mouseleave', 'focusout']) picture.addEventListener(type, () => picture.classList.remove('focus'));
  return picture;
}

function edgeShape({ from, to, wait, stops }, spots) {
  const places = stops.map((stop) => spots.get(stop));
  const end = places.at(-1);
  const path = places.slice(1).map((place, i) => {
    const before = places[i];
    const [x1, x2] = [before.x + size.width, place.x - (place === end ? 7 : 0)];
    const bend = Math.max(36, (x2 - x1) / 2);
    return `C${x1 + bend} ${before.middle} ${x2 - bend} ${place.middle} ${x2} ${place.middle}${place === end ? '' : `h${size.width}`}`;
  });
  return svg('g', { class: `link${wait ? ' wait' : ''}`, 'data-from': from, 'data-to': to },
    svg('path', { class: `edge${wait ? ' wait' : ''}`, d: `M${places[0].x + size.width} ${places[0].middle}${path.join('')}` }),
    svg('path', { class: 'tip', d: `M${end.x - 9} ${end.middle - 4}l7 4-7 4z` }));
}

function nodeShape(resource, { x, y }, edges) {
  const { icon: picture, tone, text } = stateOf(resource);
  const shortState = text.replace('exit code ', '').replace(/^Running \((.*)\)$/, '$1');
  const open = () => document.getElementById(`open-${resource.name}`).click();
  const needs = edges.filter((edge) => edge.from === resource.name).map((edge) => edge.to).join(', ');
  const selected = new URLSearchParams(location.search).get('resource') === resource.name;
  const mark = icon(picture, tone);
  for (const [name, value] of Object.entries({ x: x + size.width - 32, y: y + 17, width: 20, height: 20 })) mark.setAttribute(name, value);
  return svg('a', {
    class: `node hue-${hueOf(store.indexOf(resource.name))}${selected ? ' selected' : ''} ${tone}`, id: `open-${resource.name}`,
    href: `?resource=${encodeURIComponent(resource.name)}`, 'data-key': `node ${resource.name}`, 'data-name': resource.name,
    'aria-label': `${resource.name}, ${text}${needs ? `, depends on ${needs}` : ''}`,
    onkeydown: (event) => { if (event.key === ' ') { event.preventDefault(); open(); } },
  },
  svg('rect', { class: 'box', x, y, width: size.width, height: size.height, rx: 8 }),
  svg('rect', { class: 'band', x: x + 8, y: y + 10, width: 4, height: size.height - 20, rx: 2 }),
  svg('text', { class: 'title', x: x + 22, y: y + 23 }, short(resource.name, 18)),
  svg('text', { class: 'kind', x: x + 22, y: y + 41 }, short(`${shortType(resource.type)} · ${shortState}`, 23)),
  mark);
}

const short = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function highlight(event) {
  const name = event.target.closest('.node')?.dataset.name;
  this.classList.toggle('focus', Boolean(name));
  if (!name) return;
  const near = new Set([name]);
  for (const link of this.querySelectorAll('.link')) {
    const touches = link.dataset.from === name || link.dataset.to === name;
    link.classList.toggle('near', touches);
    if (touches) near.add(link.dataset.from).add(link.dataset.to);
  }
  for (const node of this.querySelectorAll('.node')) node.classList.toggle('near', near.has(node.dataset.name));
}
