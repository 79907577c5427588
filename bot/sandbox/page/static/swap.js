// Puts new HTML from the server in the place of the old, one element at a time: keyboard focus, typed
// text and the scroll position stay where they were.

import { keepInputs } from './inputs.js';
import { localize, markDays } from './times.js';

const MESSAGES_MAX = 100;
const served = new WeakMap();

/** Remember what the server sent for these elements, before the script changes their times. */
export function remember(root) {
  for (const element of root.querySelectorAll('[id], [data-ts]')) {
    served.set(element, element.outerHTML);
  }
}

/** An HTML text as a document of its own. */
export function parse(html) {
  return new DOMParser().parseFromString(html, 'text/html');
}

function focusInside(element) {
  const focused = document.activeElement;
  if (!focused || !element.contains(focused)) return null;
  return {
    id: focused.id,
    block: focused.dataset.block,
    action: focused.dataset.action,
    value: focused.dataset.value,
    range: focused.matches('textarea, input[type=text]')
      ? [focused.selectionStart, focused.selectionEnd] : null,
  };
}

function twinOf(focus, element) {
  const byAction = [...element.querySelectorAll('[data-action]')].filter(
    (one) => one.dataset.action === focus.action && one.dataset.value === focus.value,
  );
  return byAction.find((one) => one.dataset.block === focus.block) ?? byAction[0]
    ?? (focus.id ? element.ownerDocument.getElementById(focus.id) : null);
}

function giveFocus(focus, element) {
  const twin = focus.action || focus.id ? twinOf(focus, element) : null;
  if (!twin) element.tabIndex = -1;
  (twin ?? element).focus({ preventScroll: true });
  if (twin && focus.range) twin.setSelectionRange(...focus.range);
}

/** A copy of an element of another document, ready to stand in this one. */
export function prepared(after) {
  const fresh = document.importNode(after, true);
  remember(fresh);
  served.set(fresh, after.outerHTML);
  localize(fresh);
  return fresh;
}

/** Replace one element when the server's HTML for it changed; answers the one that now stands. */
export function replace(before, after) {
  if (served.get(before) === after.outerHTML) return before;
  const focus = focusInside(before);
  const fresh = prepared(after);
  keepInputs(before, fresh);
  before.replaceWith(fresh);
  if (focus) giveFocus(focus, fresh);
  return fresh;
}

/** Whether a list is scrolled to its end, where new messages should push it on. */
export function atEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 60;
}

export function toEnd(list) {
  list.scrollTop = list.scrollHeight;
}

/** Do something to a list; if it was at its end it stays there. */
export function sticking(list, change) {
  const stick = atEnd(list);
  change();
  markDays(list);
  if (stick) toEnd(list);
}

/** Put one message into a list, in its place by age; without `after` it is taken out. */
export function putMessage(list, ts, after) {
  const before = list.querySelector(`:scope > [data-ts="${CSS.escape(ts)}"]`);
  if (!after) {
    before?.remove();
    return;
  }
  if (before) {
    replace(before, after);
    return;
  }
  const rows = [...list.querySelectorAll(':scope > [data-ts]')];
  const next = rows.find((row) => Number(row.dataset.ts) > Number(ts)) ?? null;
  if (next && next === rows[0] && rows.length >= MESSAGES_MAX) return;
  list.querySelector(':scope > .empty')?.remove();
  list.insertBefore(prepared(after), next);
  if (rows.length >= MESSAGES_MAX) rows[0].remove();
}

/** Make one list of messages the same as another, touching only what differs. */
export function mergeMessages(before, after) {
  const wanted = new Map([...after.querySelectorAll(':scope > [data-ts]')].map((row) => [row.dataset.ts, row]));
  sticking(before, () => {
    for (const row of before.querySelectorAll(':scope > [data-ts]')) {
      if (!wanted.has(row.dataset.ts)) row.remove();
    }
    for (const [ts, row] of wanted) putMessage(before, ts, row);
    if (wanted.size === 0) replace(before, after);
  });
}
