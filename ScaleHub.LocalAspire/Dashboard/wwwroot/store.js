// The resources as the server last told them, and the one stream that keeps them so.
import { stream } from './stream.js';

const resources = new Map();
const listeners = new Set();
let loaded = false;

/** Calls back now and after every change, with the names that changed (null: all of them). Returns how to stop that. */
export function watch(listener) {
  listeners.add(listener);
  listener(null);
  return () => listeners.delete(listener);
}

/** What runs or can be used; parameters are listed apart. */
export const all = () => [...resources.values()].filter((resource) => !isParameter(resource));
export const parameters = () => [...resources.values()].filter(isParameter);
const isParameter = (resource) => resource.type === 'Parameter';
export const find = (name) => resources.get(name);
export const indexOf = (name) => all().findIndex((resource) => resource.name === name);
export const isLoaded = () => loaded;

/** Parents first, each followed by its children. */
export function tree() {
  const list = all();
  const under = (parent, depth) => list
    .filter((resource) => (resources.has(resource.parent) ? resource.parent : null) === parent)
    .flatMap((resource) => [{ resource, depth }, ...under(resource.name, depth + 1)]);
  return under(null, 0);
}

export function connect(onStatus) {
  stream('/api/resources/stream', {
    all: (list) => {
      resources.clear();
      list.forEach((resource) => resources.set(resource.name, resource));
      loaded = true;
      onStatus('');
      tell(null);
    },
    change: (list) => {
      const changed = list.filter((resource) => JSON.stringify(resource) !== JSON.stringify(resources.get(resource.name)));
      if (changed.length === 0) return;
      const rearranged = changed.some((resource) => resource.hidden || !resources.has(resource.name));
      for (const resource of changed) {
        if (resource.hidden) resources.delete(resource.name);
        else resources.set(resource.name, resource);
      }
      tell(rearranged ? null : changed.map((resource) => resource.name));
    },
  }, () => onStatus('Connection lost. Reconnecting…'));
}

function tell(names) {
  listeners.forEach((listener) => listener(names));
}
