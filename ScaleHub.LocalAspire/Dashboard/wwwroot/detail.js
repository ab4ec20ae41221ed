// The panel with everything about one resource. It is drawn anew when the resource changes; which sections are open and which
// values are revealed stays.
import { h, icon, iconButton, replace } from './dom.js';
import { dateAndTime, timeWithMilliseconds } from './format.js';
import { actions } from './commands.js';
import { shortType, stateLabel, urlLabel } from './resources.js';
import * as store from './store.js';

const panel = document.getElementById('detail');
const closed = new Set();
const revealed = new Set();
let shown = null;
let stop = null;
let close = null;

export function showDetail(name, onClose) {
  close = onClose;
  if (name === shown) return;
  const opener = shown === null ? document.activeElement : null;
  stop?.();
  stop = null;
  shown = name;
  revealed.clear();
  panel.hidden = name === null;
  if (name !== null) {
    stop = store.watch((names) => { if (names === null || names.includes(name)) draw(); });
    if (opener && opener !== document.body) panel.querySelector('[data-key="close"]')?.focus();
  } else {
    document.querySelector(`tr.selected .name a, .node.selected`)?.focus();
  }
  document.dispatchEvent(new Event('detail'));
}

panel.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') close();
});

function draw() {
  const resource = store.find(shown);
  const scrolled = panel.querySelector('.detail-body')?.scrollTop ?? 0;
  replace(panel,
    h('div', { class: 'detail-head' },
      h('div', null, h('h2', null, shown), h('span', { class: 'muted' }, resource ? shortType(resource.type) : '')),
      resource && h('div', { class: 'detail-actions' }, actions(resource)),
      iconButton('close', 'Close the details', close, { 'data-key': 'close' })),
    h('div', { class: 'detail-body' }, resource ? sections(resource)
      : h('p', { class: 'empty' }, store.isLoaded() ? 'There is no such resource.' : 'Loading…')));
  panel.querySelector('.detail-body').scrollTop = scrolled;
}

function sections(resource) {
  const facts = [
    ['State', stateLabel(resource)],
    ['Health', resource.health],
    ['Exit code', resource.exitCode],
    ['Started', dateAndTime(resource.startedAt)],
    ['Stopped', dateAndTime(resource.stoppedAt)],
    ['Source', resource.source && value('source', resource.source, false)],
  ].filter(([, content]) => content !== null && content !== undefined && content !== '');
  const usedBy = store.all().flatMap((other) => other.relations
    .filter((relation) => relation.name === resource.name)
    .map((relation) => ({ ...relation, name: other.name })));
  return [
    h('p', { class: 'detail-links' }, h('a', { href: `/console/${encodeURIComponent(resource.name)}` }, icon('console'), 'Console logs')),
    section('Resource', rows(facts.concat(resource.properties
      .filter((property) => property.value !== null && property.value !== resource.source)
      .map((property) => [property.name, value(`property ${property.name}`, property.value, property.sensitive)])))),
    resource.urls.length > 0 && section('Endpoints', rows(resource.urls.map((url) => [
      url.name ?? 'url',
      h('span', { class: 'value' }, urlLabel({ ...url, text: null }), copyButton(url.url, `url ${url.url}`)),
    ])), resource.urls.length),
    resource.healthReports.length > 0 && section('Health checks', resource.healthReports.map(healthReport), resource.healthReports.length),
    resource.relations.length > 0 && section('Depends on', relations(resource.relations), namesIn(resource.relations).length),
    usedBy.length > 0 && section('Needed by', relations(usedBy), namesIn(usedBy).length),
    resource.environment.length > 0 && section('Environment', [environmentSwitch(resource.environment), rows(resource.environment
      .map((variable) => [variable.name, value(variable.name, variable.value ?? '', variable.sensitive)]))], resource.environment.length),
  ];
}

function section(title, content, count) {
  return h('details', {
    open: !closed.has(title),
    ontoggle: (event) => (event.target.open ? closed.delete(title) : closed.add(title)),
  }, h('summary', { 'data-key': `section ${title}` }, title, count && h('span', { class: 'count' }, String(count))), content);
}

function rows(entries) {
  return h('dl', null, entries.map(([name, content]) => h('div', null, h('dt', null, name),
    h('dd', null, typeof content === 'object' ? content : String(content)))));
}

function value(key, text, isSecret) {
  const isShown = !isSecret || revealed.has(key);
  return h('span', { class: 'value' },
    isShown ? h('span', { class: 'mono' }, text === '' ? h('em', { class: 'muted' }, 'empty') : text)
      : h('span', { class: 'mask', 'aria-label': 'hidden' }, '••••••••'),
    isSecret && iconButton(isShown ? 'hide' : 'eye', isShown ? `Hide ${key}` : `Show ${key}`,
      () => { revealed[isShown ? 'delete' : 'add'](key); draw(); }, { 'data-key': `reveal ${key}` }),
    copyButton(text, `copy ${key}`));
}

function copyButton(text, key) {
  return iconButton('copy', 'Copy', async (event) => {
    const button = event.currentTarget;
    await navigator.clipboard.writeText(text);
    button.replaceChildren(icon('good'));
    setTimeout(() => button.replaceChildren(icon('copy')), 1500);
  }, { 'data-key': key });
}

function environmentSwitch(environment) {
  const allShown = environment.every((variable) => revealed.has(variable.name));
  return h('button', {
    type: 'button', class: 'button reveal-all', 'data-key': 'reveal all', onclick: () => {
      environment.forEach((variable) => revealed[allShown ? 'delete' : 'add'](variable.name));
      draw();
    },
  }, icon(allShown ? 'hide' : 'eye'), allShown ? 'Hide all values' : 'Show all values');
}

function healthReport(report) {
  const tone = { Healthy: 'good', Degraded: 'warn', Unhealthy: 'bad' }[report.status] ?? 'idle';
  return h('div', { class: 'report' },
    h('div', null, h('span', { class: `pill ${tone}` }, report.status ?? 'Not asked yet'), h('strong', null, report.name),
      report.askedAt && h('span', { class: 'muted' }, timeWithMilliseconds(report.askedAt))),
    report.description && h('p', null, report.description),
    report.exception && h('pre', null, report.exception));
}

const namesIn = (list) => [...new Set(list.map((relation) => relation.name))];

function relations(list) {
  const words = {
    Reference: 'reference',
    Parent: 'part of',
    completed: 'waits until completed',
    started: 'waits until started',
    healthy: 'waits until healthy',
  };
  return h('dl', null, namesIn(list).map((name) => h('div', null,
    h('dt', null, h('a', { href: `?resource=${encodeURIComponent(name)}` }, name)),
    h('dd', { class: 'muted' }, list.filter((relation) => relation.name === name)
      .map((relation) => words[relation.until ?? relation.type] ?? relation.type).join(', ')))));
}
