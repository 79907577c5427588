// What a person does to a message or a view: use a button or a select, look at the phone notification.

import { confirmed } from './dialogs.js';
import { readInputs } from './inputs.js';
import { post } from './server.js';

/** Use one element: ask first where it has a `confirm`, send it, show a ⚠ when nobody answers. */
export async function act(element, value) {
  if (!(await confirmed(element))) return;
  const message = element.closest('[data-ts]');
  const container = message ?? element.closest('[data-view]');
  if (element.dataset.url) window.open(element.dataset.url, '_blank', 'noopener');
  element.setAttribute('aria-busy', 'true');
  const result = await post('click', {
    ...(message
      ? { channel: message.dataset.channel, ts: message.dataset.ts }
      : { view: container.dataset.view }),
    block_id: element.dataset.block,
    action_id: element.dataset.action,
    value,
    values: readInputs(container),
  });
  element.removeAttribute('aria-busy');
  if (!result.acked) warn(element, result.error);
}

/** Choose an entry of a message's menu; a ⚠ stays beside it when the app does not answer. */
export async function useShortcut(button) {
  const { channel, ts } = button.closest('.message').dataset;
  const menu = button.closest('details');
  menu.removeAttribute('open');
  menu.querySelector('summary').focus();
  const result = await post('shortcut', { channel, ts, callback_id: button.dataset.shortcut });
  if (!result.acked) warn(menu, result.error);
}

function warn(element, error) {
  const beside = element.closest('.element') ?? element.parentElement;
  if (!beside.isConnected || beside.querySelector('.warning')) return;
  const mark = document.createElement('span');
  mark.className = 'warning';
  mark.setAttribute('role', 'img');
  mark.textContent = '⚠';
  mark.title = `The app did not answer this click (${error}). Try again.`;
  mark.setAttribute('aria-label', mark.title);
  beside.append(mark);
}

/** Show or hide what a phone would show of a message: its text, nothing else. */
export function toggleNotice(button) {
  const message = button.closest('.message');
  const shown = message.querySelector('.notice');
  const notice = message.querySelector('.as-notice').content;
  if (shown) shown.remove();
  else message.querySelector('.content').append(notice.cloneNode(true));
  button.setAttribute('aria-pressed', String(!shown));
}

/** Arrow keys walk from message to message; Tab then reaches what is inside one. */
export function walk(event) {
  const list = event.target.closest('.messages');
  if (!list || !['ArrowUp', 'ArrowDown'].includes(event.key)) return false;
  if (event.target !== list && !event.target.matches('.message')) return false;
  const rows = [...list.querySelectorAll(':scope > .message')];
  const at = rows.indexOf(event.target);
  const next = event.key === 'ArrowUp' ? rows.at(at === -1 ? -1 : Math.max(at - 1, 0)) : rows[at + 1];
  if (!next) return false;
  next.tabIndex = -1;
  next.focus();
  return true;
}
