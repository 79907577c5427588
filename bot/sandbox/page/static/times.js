// Times in the viewer's own zone, and the name of the day above its first message.

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, {
  hour: 'numeric', minute: '2-digit', second: '2-digit',
});
const numeric = new Intl.DateTimeFormat(undefined, {
  year: 'numeric', month: '2-digit', day: '2-digit',
});
const short = new Intl.DateTimeFormat(undefined, {
  year: 'numeric', month: 'short', day: 'numeric',
});
const long = new Intl.DateTimeFormat(undefined, {
  weekday: 'long', year: 'numeric', month: 'long', day: 'numeric',
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

function dayName(at) {
  const daysAgo = Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);
  if (daysAgo === 0) return 'Today';
  if (daysAgo === 1) return 'Yesterday';
  return long.format(at);
}

function midnight(at) {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

function pretty(at, format) {
  const name = dayName(at);
  return name === 'Today' || name === 'Yesterday' ? name.toLowerCase() : format.format(at);
}

const PARTS = {
  '{time}': (at) => clock.format(at),
  '{time_secs}': (at) => clockWithSeconds.format(at),
  '{date_num}': (at) => numeric.format(at),
  '{date}': (at) => long.format(at),
  '{date_short}': (at) => short.format(at),
  '{date_long}': (at) => long.format(at),
  '{date_pretty}': (at) => pretty(at, long),
  '{date_short_pretty}': (at) => pretty(at, short),
  '{date_long_pretty}': (at) => pretty(at, long),
};

/** Rewrite every time inside `root` for the zone and habits of whoever looks at it. */
export function localize(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const layout = time.dataset.layout || '{time}';
    time.textContent = layout.replace(/\{\w+\}/g, (part) => PARTS[part]?.(at) ?? part);
    time.title = full.format(at);
  }
  for (const picker of root.querySelectorAll('input[data-epoch]')) {
    const epoch = Number(picker.dataset.epoch);
    if (epoch && !picker.value) picker.value = localInputValue(new Date(epoch * 1000));
  }
}

function localInputValue(at) {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** Name the day on the first message of each day in a list. */
export function markDays(list) {
  let last = '';
  for (const message of list.querySelectorAll(':scope > [data-ts]')) {
    const name = dayName(new Date(Number(message.dataset.ts) * 1000));
    if (name === last) message.removeAttribute('data-day');
    else if (message.dataset.day !== name) message.dataset.day = name;
    last = name;
  }
}
