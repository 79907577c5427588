// The boxes one writes in: drafts that survive a reload, sending, and the list of slash commands.

import { here, post } from './server.js';

const UNSENT = {
  not_connected: 'Not sent: the local Slack did not answer. Press Enter to try again.',
  not_in_channel: 'Not sent: you are not a member of this channel.',
  malformed: 'Not sent: the local Slack could not read it.',
};

const key = (form) => `draft ${here.person} ${form.dataset.channel} ${form.dataset.thread ?? ''}`;

/** Give every composer inside `root` its draft back. */
export function restoreDrafts(root) {
  for (const form of root.querySelectorAll('.composer')) {
    const box = form.querySelector('textarea');
    box.value = sessionStorage.getItem(key(form)) ?? '';
    fit(form);
  }
}

function tell(form, sentence) {
  const place = form.querySelector('.unsent');
  place.textContent = sentence;
  place.hidden = sentence === '';
}

function fit(form) {
  const box = form.querySelector('textarea');
  box.rows = Math.min(8, Math.max(1, box.value.split('\n').length));
  form.querySelector('.send').disabled = box.value.trim() === '';
}

/** Keep what is typed, and offer commands while it looks like one. */
export function typed(form) {
  const box = form.querySelector('textarea');
  sessionStorage.setItem(key(form), box.value);
  tell(form, '');
  fit(form);
  suggest(form);
}

/** Send what the composer holds; it comes back, with a sentence, when it could not be sent. */
export async function send(form) {
  const box = form.querySelector('textarea');
  const text = box.value;
  if (text.trim() === '') return;
  box.value = '';
  typed(form);
  const body = { channel: form.dataset.channel, text };
  if (form.dataset.thread) body.thread_ts = form.dataset.thread;
  const result = await post('say', body);
  const toldBySlackbot = text.startsWith('/') && !UNSENT[result.error] && !result.errors.text;
  if (result.acked || !result.error || toldBySlackbot) return;
  if (box.value === '') {
    box.value = text;
    typed(form);
  }
  tell(form, result.errors.text ?? UNSENT[result.error] ?? `Not sent (${result.error}).`);
}

function suggest(form) {
  const list = form.querySelector('.suggestions');
  const start = form.querySelector('textarea').value;
  const matching = !form.dataset.thread && /^\/\S*$/.test(start)
    ? [...document.getElementById('commands').content.children].filter(
      (one) => one.dataset.command.startsWith(start))
    : [];
  list.replaceChildren(...matching.map((one) => one.cloneNode(true)));
  list.hidden = matching.length === 0;
  if (matching.length) mark(form, list.firstElementChild);
}

function mark(form, chosen) {
  for (const one of form.querySelectorAll('.suggestion')) {
    one.setAttribute('aria-selected', String(one === chosen));
  }
}

/** Put a suggested command into the composer. */
export function choose(form, suggestion) {
  const box = form.querySelector('textarea');
  box.value = `${suggestion.dataset.command} `;
  box.focus();
  typed(form);
}

/**
 * Keys inside a composer: arrows and Tab in the list of commands, Enter to send. Answers whether it
 * took the key.
 */
export function keyIn(form, event) {
  const list = form.querySelector('.suggestions');
  const chosen = list.hidden ? null : list.querySelector('[aria-selected=true]');
  const whole = chosen && chosen.dataset.command === form.querySelector('textarea').value;
  if (chosen && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
    const step = event.key === 'ArrowDown' ? 'nextElementSibling' : 'previousElementSibling';
    mark(form, chosen[step] ?? chosen);
  } else if (chosen && event.key === 'Escape') {
    list.hidden = true;
  } else if (chosen && (event.key === 'Tab' || (event.key === 'Enter' && !whole))) {
    choose(form, chosen);
  } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    list.hidden = true;
    send(form);
  } else {
    return false;
  }
  return true;
}
