// A log line as nodes: text with ANSI colours and links. It is untrusted: only text nodes and our own elements are made.
import { h } from './dom.js';

// Colours and styles are shown; every other control sequence and control character is left out.
const sequence = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?|[\x00-\x08\x0b-\x1f\x7f]/g;
const link = /https?:\/\/[^\s"'<>()[\]{}]+[^\s"'<>()[\]{}.,;:!?]/g;

export function plain(text) {
  return text.replace(sequence, '');
}

export function render(text) {
  const nodes = [];
  let style = {};
  let from = 0;
  for (const match of text.matchAll(sequence)) {
    add(nodes, text.slice(from, match.index), style);
    from = match.index + match[0].length;
    if (match[1] !== undefined) style = restyle(style, match[1]);
  }
  add(nodes, text.slice(from), style);
  return nodes;
}

function add(nodes, text, style) {
  if (text === '') return;
  const classes = [style.color !== undefined && `ansi-${style.color}`, style.bold && 'bold', style.dim && 'dim', style.italic && 'italic',
    style.underline && 'underline'].filter(Boolean).join(' ');
  const content = withLinks(text);
  if (classes) nodes.push(h('span', { class: classes }, content));
  else nodes.push(...content);
}

function withLinks(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(link)) {
    nodes.push(text.slice(from, match.index), h('a', { href: match[0], target: '_blank', rel: 'noreferrer' }, match[0]));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== '');
}

function restyle(style, parameters) {
  const codes = parameters === '' ? [0] : parameters.split(/[;:]/).map(Number);
  let next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code >= 30 && code <= 37) next.color = code - 30;
    else if (code >= 90 && code <= 97) next.color = code - 82;
    else if (code === 39) delete next.color;
    else if (code === 38 || code === 48) {
      // 256 colours or red, green, blue: of the first sixteen the colour is kept, the rest is read over.
      if (code === 38 && codes[i + 1] === 5 && codes[i + 2] < 16) next.color = codes[i + 2];
      i += codes[i + 1] === 5 ? 2 : 4;
    }
  }
  return next;
}
