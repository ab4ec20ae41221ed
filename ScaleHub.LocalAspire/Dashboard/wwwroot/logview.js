// A bounded list of log lines: in the order of time, filtered, following the end unless the reader has scrolled away from it.
import { h, icon } from './dom.js';
import { plain, render } from './ansi.js';
import { dateAndTime, hueOf, timeWithMilliseconds } from './format.js';
import * as store from './store.js';

/** Lines kept on the page; older ones are dropped. */
const limit = 10000;

// ISO times of different precision compare as text once the Z at the end is gone.
const byTime = (a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0);

export class LogView {
  #lines = [];
  #pending = [];
  #timer = null;
  #paused = false;
  #filter = '';
  #follows = true;
  #missed = 0;
  #top = 0;
  #onStatus;
  #withNames;
  #list = h('div', { class: 'log', role: 'log', 'aria-label': 'Console lines', 'aria-live': 'off', tabindex: '0' });
  #empty = h('p', { class: 'empty' }, 'No lines yet.');
  #latest = h('button', { type: 'button', class: 'button primary latest', hidden: true, onclick: () => this.#toEnd() }, icon('down'),
    h('span', null, 'Newest lines'));

  constructor(withNames, onStatus) {
    this.#withNames = withNames;
    this.#onStatus = onStatus;
    this.element = h('div', { class: 'log-frame' }, this.#list, this.#empty, this.#latest);
    this.#list.addEventListener('scroll', () => {
      // Only going up means to stop following: lines that come into view can turn out taller than was estimated.
      if (this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 30) this.#follows = true;
      else if (this.#list.scrollTop < this.#top) this.#follows = false;
      this.#top = this.#list.scrollTop;
      if (this.#follows) this.#missed = 0;
      this.#showLatest();
    });
    this.#report();
  }

  /** Takes lines of one resource, in order. They are drawn a little later, together with what else has come by then. */
  add(lines) {
    this.#pending.push(...lines.map((line) => ({ ...line, order: line.time.replace('Z', '') })));
    if (this.#pending.length > 2 * limit) this.#pending = this.#pending.slice(-limit);
    if (this.#paused) this.#report();
    else this.#timer ??= setTimeout(() => this.#flush(), 80);
  }

  setPaused(paused) {
    this.#paused = paused;
    if (paused) this.#report();
    else this.#flush();
  }

  setFilter(text) {
    this.#filter = text.trim().toLowerCase();
    for (const line of this.#lines) line.element.hidden = !this.#matches(line);
    this.#report();
    if (this.#follows) this.#toEnd();
  }

  setWrap(wrap) {
    this.#list.classList.toggle('wrap', wrap);
    if (this.#follows) this.#toEnd();
  }

  setTimes(times) {
    this.#list.classList.toggle('times', times);
  }

  clear() {
    this.#lines = [];
    this.#pending = [];
    this.#list.replaceChildren();
    this.#missed = 0;
    this.#report();
  }

  /** The resources may become known after the first lines. */
  recolour() {
    for (const line of this.#lines) line.element.className = this.#classes(line);
  }

  dispose() {
    clearTimeout(this.#timer);
  }

  #flush() {
    this.#timer = null;
    const fresh = this.#pending.slice(-limit).sort(byTime);
    this.#pending = [];
    if (fresh.length === 0) {
      this.#report();
      return;
    }

    for (const line of fresh) line.element = this.#draw(line);
    const behind = this.#lines.length > 0 && byTime(fresh[0], this.#lines.at(-1)) < 0;
    if (behind && fresh.length > 500) {
      this.#lines = this.#lines.concat(fresh).sort(byTime).slice(-limit);
      this.#list.replaceChildren(...this.#lines.map((line) => line.element));
    } else if (behind) {
      fresh.forEach((line) => this.#insert(line));
    } else {
      this.#lines.push(...fresh);
      this.#list.append(...fresh.map((line) => line.element));
    }

    for (const line of this.#lines.splice(0, Math.max(0, this.#lines.length - limit))) line.element.remove();
    if (this.#follows) this.#toEnd();
    else this.#missed += fresh.length;
    this.#showLatest();
    this.#report();
  }

  // Two resources' lines can arrive in the other order than they were written: the place is near the end.
  #insert(line) {
    let i = this.#lines.length;
    while (i > 0 && byTime(this.#lines[i - 1], line) > 0) i--;
    this.#list.insertBefore(line.element, this.#lines[i]?.element ?? null);
    this.#lines.splice(i, 0, line);
  }

  #draw(line) {
    const element = h('div', { class: this.#classes(line), hidden: !this.#matches(line) },
      h('time', { datetime: line.time, title: dateAndTime(line.time) }, timeWithMilliseconds(line.time)),
      this.#withNames && h('span', { class: 'from' }, line.resource),
      line.error && h('span', { class: 'stderr', title: 'Standard error' }, 'err'),
      h('span', { class: 'text' }, render(line.text)));
    return element;
  }

  #classes(line) {
    return `line hue-${hueOf(store.indexOf(line.resource))}${line.error ? ' error' : ''}`;
  }

  #matches(line) {
    if (this.#filter === '') return true;
    return plain(line.text).toLowerCase().includes(this.#filter) || (this.#withNames && line.resource.toLowerCase().includes(this.#filter));
  }

  #toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#follows = true;
    this.#settle(5);
    this.#missed = 0;
    this.#showLatest();
  }

  // Lines get their real height only when they come into view, which moves the end for a few frames more.
  #settle(frames) {
    requestAnimationFrame(() => {
      if (!this.#follows) return;
      this.#list.scrollTop = this.#list.scrollHeight;
      if (frames > 1) this.#settle(frames - 1);
    });
  }

  #showLatest() {
    this.#latest.hidden = this.#follows;
    this.#latest.lastChild.textContent = this.#missed > 0 ? `${this.#missed.toLocaleString()} new lines` : 'Newest lines';
  }

  #report() {
    const shown = this.#filter === '' ? this.#lines.length : this.#lines.filter((line) => !line.element.hidden).length;
    this.#empty.hidden = shown > 0;
    this.#empty.textContent = this.#filter !== '' && this.#lines.length > 0 ? 'No line matches the filter.' : 'No lines yet.';
    const parts = [this.#filter === '' ? `${shown.toLocaleString()} lines`
      : `${shown.toLocaleString()} of ${this.#lines.length.toLocaleString()} lines`];
    if (this.#lines.length >= limit) parts.push('older ones are not kept');
    if (this.#paused) parts.push(`paused, ${Math.min(this.#pending.length, limit).toLocaleString()} waiting`);
    this.#onStatus(parts.join(' · '));
  }
}
