// The Console logs page: the controls, and the stream that feeds the list of lines.
import { h, icon } from './dom.js';
import { LogView } from './logview.js';
import * as store from './store.js';
import { stream } from './stream.js';

const allResources = '';
let wrap = true;
let times = true;

export function consolePage(main, resourceName) {
  const status = h('span', { class: 'log-status', role: 'status' });
  const view = new LogView(resourceName === allResources, (text) => { status.textContent = text; });
  const choice = h('select', {
    class: 'field', 'aria-label': 'Resource', onchange: () => {
      const link = h('a', { href: choice.value ? `/console/${encodeURIComponent(choice.value)}` : '/console' });
      document.body.append(link);
      link.click();
      link.remove();
    },
  });
  const search = h('input', { class: 'field', type: 'search', placeholder: 'Filter lines', oninput: () => view.setFilter(search.value) });
  const pause = toggle('pause', 'Pause', false, (pressed) => {
    view.setPaused(pressed);
    pause.replaceChildren(icon(pressed ? 'start' : 'pause'), h('span', null, pressed ? 'Resume' : 'Pause'));
  });
  main.append(
    h('div', { class: 'page-head console-head' },
      h('h1', null, 'Console logs'),
      choice,
      h('label', { class: 'search' }, icon('search'), h('span', { class: 'visually-hidden' }, 'Filter lines'), search),
      h('div', { class: 'log-buttons' },
        pause,
        h('button', { type: 'button', class: 'button', onclick: () => view.clear() }, icon('clear'), h('span', null, 'Clear')),
        toggle('wrap', 'Wrap', wrap, (pressed) => { wrap = pressed; view.setWrap(wrap); }),
        toggle('clock', 'Times', times, (pressed) => { times = pressed; view.setTimes(times); }))),
    view.element,
    status);
  view.setWrap(wrap);
  view.setTimes(times);

  const stopWatching = store.watch((names) => {
    if (names !== null) return;
    choice.replaceChildren(h('option', { value: allResources }, 'All resources'),
      ...store.all().map(({ name }) => h('option', { value: name, selected: name === resourceName }, name)));
    choice.value = resourceName;
    view.recolour();
  });
  const stopStream = follow(resourceName, view);
  return () => {
    stopWatching();
    stopStream();
    view.dispose();
  };
}

function toggle(picture, label, pressed, onChange) {
  const button = h('button', {
    type: 'button', class: 'button', 'aria-pressed': String(pressed), onclick: () => {
      const now = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(now));
      onChange(now);
    },
  }, icon(picture), h('span', null, label));
  return button;
}

// A stream that connects again begins with the kept lines; those that were already seen are passed over by their numbers.
function follow(resourceName, view) {
  const last = new Map();
  const url = resourceName ? `/api/console/stream?resource=${encodeURIComponent(resourceName)}` : '/api/console/stream';
  return stream(url, {
    message: ({ resource, lines }) => {
      const seen = last.get(resource) ?? 0;
      const fresh = lines.filter((line) => line.number > seen);
      if (fresh.length === 0) return;
      last.set(resource, fresh.at(-1).number);
      view.add(fresh.map((line) => ({ ...line, resource })));
    },
  });
}
