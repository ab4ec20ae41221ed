// The Resources page: the table.
import { h, icon, replace } from './dom.js';
import { dateAndTime, hueOf, stateOf, time } from './format.js';
import { actions } from './commands.js';
import * as store from './store.js';

let filter = '';

export const resourcesPage = (main) => tablePage(main, '/', store.tree, 'There are no resources yet.');

export const parametersPage = (main) => tablePage(
  main, '/parameters', () => store.parameters().map((resource) => ({ resource, depth: 0 })), 'The application has no parameters.');

function tablePage(main, path, list, nothing) {
  const body = h('tbody');
  const empty = h('p', { class: 'empty' });
  const rows = new Map();
  const table = h('table', { class: 'resources' },
    h('caption', { class: 'visually-hidden' }, 'Resources of the application'),
    h('thead', null, h('tr', null,
      ...['Name', 'State', 'Health', 'Started', 'Source', 'Endpoints', 'Actions'].map((title) => h('th', { scope: 'col' }, title)))),
    body);
  main.append(pageHead(path, (text) => { filter = text; draw(null); }), h('div', { class: 'table-frame' }, table, empty));

  function draw(names) {
    const shown = list().filter(({ resource }) => matches(resource));
    for (const { resource, depth } of shown) {
      const isNew = !rows.has(resource.name);
      if (isNew) rows.set(resource.name, h('tr', { 'data-name': resource.name }));
      if (isNew || names === null || names.includes(resource.name)) drawRow(rows.get(resource.name), resource, depth);
    }
    const wanted = shown.map(({ resource }) => rows.get(resource.name));
    if (wanted.length !== body.children.length || wanted.some((row, i) => body.children[i] !== row)) body.replaceChildren(...wanted);
    empty.hidden = shown.length > 0;
    empty.textContent = !store.isLoaded() ? 'Loading…' : filter ? `No resource matches “${filter}”.` : nothing;
    markSelected();
  }

  function markSelected() {
    const selected = new URLSearchParams(location.search).get('resource');
    rows.forEach((row, name) => row.classList.toggle('selected', name === selected));
  }

  const stop = store.watch(draw);
  document.addEventListener('detail', markSelected);
  return () => {
    stop();
    document.removeEventListener('detail', markSelected);
  };
}

/** Title, filter and the choice between table and graph. */
export function pageHead(current, onFilter) {
  const tab = (path, picture, label) => h('a', { href: path, 'aria-current': path === current ? 'page' : null }, icon(picture), label);
  return h('div', { class: 'page-head' },
    h('h1', null, 'Resources'),
    h('div', { class: 'tabs', role: 'group', 'aria-label': 'View' }, 
      tab('/', 'table', 'Table'), tab('/graph', 'graph', 'Graph'), tab('/parameters', 'parameters', 'Parameters')),
    onFilter && h('label', { class: 'search' }, icon('search'),
      h('span', { class: 'visually-hidden' }, 'Filter resources'),
      h('input', {
        class: 'field', type: 'search', placeholder: 'Filter', value: filter, oninput: (event) => onFilter(event.target.value.trim()),
      })));
}

function matches(resource) {
  const words = [resource.name, resource.type, resource.state, resource.source, ...resource.urls.map((url) => url.url)];
  return words.some((word) => word?.toLowerCase().includes(filter.toLowerCase()));
}

function drawRow(row, resource, depth) {
  row.onclick = (event) => {
    if (!event.target.closest('a, button') && getSelection().isCollapsed) row.querySelector('.name a').click();
  };
  replace(row,
    h('th', { scope: 'row', class: `name depth-${Math.min(depth, 3)}` },
      h('span', { class: `swatch hue-${hueOf(store.indexOf(resource.name))}`, 'aria-hidden': 'true' }),
      h('span', null,
        h('a', { href: `?resource=${encodeURIComponent(resource.name)}`, 'data-key': 'name' }, resource.name),
        h('small', null, shortType(resource.type)))),
    h('td', { class: 'state' }, stateLabel(resource)),
    h('td', { class: 'health' }, healthLabel(resource)),
    h('td', { class: 'started' }, startLabel(resource)),
    h('td', { class: 'source' }, sourceLabel(resource)),
    h('td', { class: 'urls' }, resource.urls.length > 0 ? urlList(resource) : none()),
    h('td', { class: 'actions' }, h('div', null, actions(resource))));
}

const none = () => h('span', { class: 'muted' }, '–');

export const shortType = (type) => type.replace(/Resource$/, '');

export function stateLabel(resource) {
  const { icon: picture, tone, text } = stateOf(resource);
  return h('span', { class: `tone ${tone}` }, icon(picture, picture === 'busy' ? 'turning' : ''), h('span', null, text));
}

function startLabel({ startedAt }) {
  return startedAt ? h('time', { datetime: startedAt, title: dateAndTime(startedAt) }, time(startedAt)) : none();
}

function healthLabel(resource) {
  if (!resource.health) return none();
  const checks = resource.healthReports;
  const healthy = checks.filter((check) => check.status === 'Healthy').length;
  const reason = checks.find((check) => check.status !== 'Healthy')?.description;
  const tone = { Healthy: 'good', Degraded: 'warn', Unhealthy: 'bad' }[resource.health];
  return h('span', { class: `pill ${tone}`, title: reason },
    resource.health, checks.length > 1 && h('span', { class: 'count' }, `${healthy}/${checks.length}`));
}

function sourceLabel({ source }) {
  if (!source) return none();
  // Of a path, the end says most; the whole is in the tooltip and in the details.
  const isPath = source.startsWith('/');
  return h('span', { class: 'mono', title: source }, isPath ? source.slice(source.lastIndexOf('/') + 1) : source);
}

function urlList(resource) {
  const shown = resource.urls.filter((url) => !url.internal);
  return h('ul', null, shown.map((url) => h('li', null, urlLabel(url))));
}

export function urlLabel(url) {
  const text = url.text ?? url.url.replace(/^https?:\/\//, '').replace(/\/$/, '');
  // Only web addresses become links: an address like javascript:… must not.
  return !/^https?:\/\//.test(url.url) || url.inactive
    ? h('span', { class: url.inactive ? 'muted' : '', title: url.url }, text)
    : h('a', { href: url.url, target: '_blank', rel: 'noreferrer', title: url.url }, text);
}
