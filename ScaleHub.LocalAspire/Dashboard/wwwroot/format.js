// How values are shown.

const two = (number) => String(number).padStart(2, '0');

export function time(iso) {
  const date = new Date(iso);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function timeWithMilliseconds(iso) {
  return `${time(iso)}.${String(new Date(iso).getMilliseconds()).padStart(3, '0')}`;
}

export function dateAndTime(iso) {
  return iso ? new Date(iso).toLocaleString() : '';
}

/** The icon, colour and words for a resource's state and health. */
export function stateOf(resource) {
  const { state, stateStyle, health, exitCode } = resource;
  if (state === 'Running') {
    if (health === 'Unhealthy') return { icon: 'warn', tone: 'bad', text: 'Running (unhealthy)' };
    if (health === 'Degraded') return { icon: 'warn', tone: 'warn', text: 'Running (degraded)' };
    return { icon: 'good', tone: 'good', text: 'Running' };
  }
  switch (state) {
    case null: case undefined: return { icon: 'idle', tone: 'idle', text: 'Unknown' };
    case 'Finished': case 'Exited':
      // The style says whether it was told to end; then the code, which names the signal, is no failure.
      return exitCode && stateStyle !== 'info'
        ? { icon: 'bad', tone: 'bad', text: `${state} (exit code ${exitCode})` }
        : { icon: 'good', tone: 'idle', text: state };
    case 'FailedToStart': return { icon: 'bad', tone: 'bad', text: 'Failed to start' };
    case 'RuntimeUnhealthy': return { icon: 'warn', tone: 'warn', text: 'Runtime unhealthy' };
    case 'ValueMissing': return { icon: 'warn', tone: 'warn', text: 'Value missing' };
    case 'NotStarted': return { icon: 'idle', tone: 'idle', text: 'Not started' };
    case 'Waiting': return { icon: 'clock', tone: 'busy', text: 'Waiting' };
    case 'Starting': case 'Stopping': return { icon: 'busy', tone: 'busy', text: state };
    default: return byStyle(resource);
  }
}

function byStyle({ state, stateStyle }) {
  const tones = { error: ['bad', 'bad'], warn: ['warn', 'warn'], success: ['good', 'good'], info: ['info', 'busy'] };
  const [icon, tone] = tones[stateStyle] ?? ['idle', 'idle'];
  return { icon, tone, text: state };
}

const hues = [262, 205, 155, 32, 335, 185, 95, 285, 15, 230, 60, 310];

/** A colour class for each name: the n-th resource of the graph always has the n-th hue. */
export function hueOf(index) {
  return hues[((index % hues.length) + hues.length) % hues.length];
}
