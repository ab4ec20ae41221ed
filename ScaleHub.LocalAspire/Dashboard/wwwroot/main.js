// The frame: which page is shown, the theme, the connection. A page is a function that draws into <main> and returns how to
// leave it; links inside the dashboard change the page without loading it again.
import { h, icon } from './dom.js';
import { connect } from './store.js';
import { parametersPage, resourcesPage } from './resources.js';
import { graphPage } from './graph.js';
import { consolePage } from './console.js';
import { showDetail } from './detail.js';

const pages = [
  { path: '/', icon: 'resources', label: 'Resources', title: 'Resources', draw: resourcesPage },
  { path: '/console', icon: 'console', label: 'Console', title: 'Console logs', draw: consolePage },
];

let leave = null;
let shownPath = null;

function go(url, replaceEntry = false) {
  if (url.href !== location.href) history[replaceEntry ? 'replaceState' : 'pushState'](null, '', url);
  draw();
}

function draw() {
  const path = location.pathname;
  const page = pages.find((candidate) => candidate.path === `/${path.split('/')[1]}`) ?? pages[0];
  if (path !== shownPath) {
    const first = shownPath === null;
    shownPath = path;
    leave?.();
    const main = document.getElementById('main');
    main.replaceChildren();
    leave = ({ '/graph': graphPage, '/parameters': parametersPage }[path] ?? page.draw)(main, decodeURIComponent(path.split('/')[2] ?? ''));
    document.title = `${page.title} – ScaleHub dashboard`;
    if (!first) main.focus();
    document.getElementById('nav').replaceChildren(...pages.map((entry) => h('a',
      { href: entry.path, 'aria-current': entry === page ? 'page' : null }, icon(entry.icon), entry.label)));
  }
  showDetail(new URLSearchParams(location.search).get('resource'), closeDetail);
}

function closeDetail() {
  const url = new URL(location.href);
  url.searchParams.delete('resource');
  go(url, true);
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href]');
  if (!link || link.target || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const url = new URL(link.getAttribute('href'), location.href);
  if (url.origin !== location.origin || link.getAttribute('href').startsWith('#')) return;
  event.preventDefault();
  go(url);
});
addEventListener('popstate', draw);

const themes = ['system', 'light', 'dark'];

function setUpTheme() {
  const root = document.documentElement;
  const button = document.getElementById('theme');
  const show = () => {
    const theme = root.dataset.theme ?? 'system';
    const label = `Theme: ${theme}. Change to ${next(theme)}.`;
    button.replaceChildren(icon({ system: 'system', light: 'sun', dark: 'moon' }[theme]));
    button.ariaLabel = label;
    button.title = label;
  };
  const next = (theme) => themes[(themes.indexOf(theme) + 1) % themes.length];
  button.addEventListener('click', () => {
    const theme = next(root.dataset.theme ?? 'system');
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem('theme', theme);
    } catch {
      // Storage can be forbidden; then the choice lasts as long as the page.
    }
    show();
  });
  show();
}

setUpTheme();
connect((status) => { document.getElementById('connection').textContent = status; });
draw();
