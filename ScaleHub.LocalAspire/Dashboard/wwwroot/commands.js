// Commands: asking first where the command wants it, giving it, and saying how it went.
import { h, icon, iconButton } from './dom.js';
import * as store from './store.js';

const pictures = { start: 'start', stop: 'stop', restart: 'restart' };

export const pictureOf = (command) => pictures[command.name] ?? 'command';

/** Buttons for the highlighted commands, and a menu with everything that can be done. */
export function actions(resource) {
  const direct = resource.commands
    .filter((command) => command.highlighted || command.name in pictures)
    .filter((command) => command.enabled);
  return [
    direct.map((command) => iconButton(pictureOf(command), `${command.displayName} ${resource.name}`,
      () => run(resource.name, command), { 'data-key': `command ${command.name}` })),
    iconButton('more', `More actions for ${resource.name}`, (event) => openMenu(event.currentTarget, resource.name),
      { 'data-key': 'more', 'aria-haspopup': 'menu' }),
  ];
}

export async function run(resourceName, command) {
  if (command.confirmation && !await confirmed(command, resourceName)) return;
  const toast = show('busy', `${command.displayName}: ${resourceName} …`, 0);
  try {
    const path = `/api/resources/${encodeURIComponent(resourceName)}/commands/${encodeURIComponent(command.name)}`;
    const answer = await fetch(path, { method: 'POST' });
    const result = answer.ok ? await answer.json() : { success: false, message: `${answer.status} ${answer.statusText}` };
    if (result.canceled) toast.remove();
    else if (result.success) settle(toast, 'good', result.message ?? `${command.displayName}: ${resourceName} done.`, 4000);
    else settle(toast, 'bad', `${command.displayName}: ${resourceName} failed. ${result.message ?? ''}`, 15000);
  } catch (error) {
    settle(toast, 'bad', `${command.displayName}: ${resourceName} failed. The AppHost does not answer (${error.message}).`, 15000);
  }
}

function openMenu(button, resourceName) {
  const resource = store.find(resourceName);
  if (!resource) return;
  const close = () => menu.hidePopover();
  const menu = h('div', { class: 'menu', role: 'menu', popover: 'auto', 'aria-label': `Actions for ${resourceName}` },
    h('a', { role: 'menuitem', href: `?resource=${encodeURIComponent(resourceName)}`, onclick: close }, icon('info'), 'Details'),
    h('a', { role: 'menuitem', href: `/console/${encodeURIComponent(resourceName)}`, onclick: close }, icon('console'), 'Console logs'),
    resource.commands.length > 0 && h('hr'),
    resource.commands.map((command) => h('button', {
      role: 'menuitem', type: 'button', disabled: !command.enabled, title: command.description,
      onclick: () => { close(); run(resourceName, command); },
    }, icon(pictureOf(command)), command.displayName)));
  menu.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    menu.remove();
    if (document.activeElement === document.body) button.focus();
  });
  menu.addEventListener('keydown', moveFocus);
  document.body.append(menu);
  menu.showPopover();
  const place = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(8, Math.min(place.right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${place.bottom + 4 + height < innerHeight ? place.bottom + 4 : Math.max(8, place.top - height - 4)}px`;
  menu.querySelector('[role="menuitem"]').focus();
}

function moveFocus(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll('[role="menuitem"]:not(:disabled)')];
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
}

function confirmed(command, resourceName) {
  const dialog = document.getElementById('confirm');
  dialog.replaceChildren(
    h('h2', { id: 'confirm-title' }, `${command.displayName}: ${resourceName}`),
    h('p', null, command.confirmation),
    h('form', { method: 'dialog', class: 'choices' },
      h('button', { class: 'button', value: 'no', autofocus: true }, 'Cancel'),
      h('button', { class: 'button primary', value: 'yes' }, command.displayName)));
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

export function show(tone, text, milliseconds) {
  const toast = h('div', { class: 'toast' });
  document.getElementById('toasts').append(toast);
  settle(toast, tone, text, milliseconds);
  return toast;
}

function settle(toast, tone, text, milliseconds) {
  toast.className = `toast ${tone}`;
  toast.replaceChildren(icon(tone), h('span', null, text));
  if (milliseconds) setTimeout(() => toast.remove(), milliseconds);
}
