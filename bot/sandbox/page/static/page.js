// The page of the local Slack: what the person does goes to the server, what changed there comes back
// message by message.

import { act, toggleNotice, useShortcut, walk } from './acts.js';
import { messageChanged } from './changes.js';
import { choose, keyIn, restoreDrafts, send, typed } from './composer.js';
import { adoptDialog, closeDialog, openServed, refreshDialog, submitDialog } from './dialogs.js';
import { valueOf } from './inputs.js';
import { listen } from './live.js';
import { asPerson, here, post, read } from './server.js';
import { mergeMessages, parse, prepared, remember, replace, toEnd } from './swap.js';
import { localize, markDays } from './times.js';

const byId = (id) => document.getElementById(id);
const lists = () => ['messages', 'replies'].map(byId).filter(Boolean);
const unread = new Set();
let visits = 0;

function markUnread() {
  unread.delete(here.channel);
  for (const link of document.querySelectorAll('#sidebar a[data-channel]')) {
    const isUnread = unread.has(link.dataset.channel);
    link.classList.toggle('unread', isUnread);
    link.title = isUnread ? 'Unread messages' : '';
  }
}

function settle() {
  for (const list of lists()) {
    markDays(list);
    toEnd(list);
  }
  if (location.hash) byId(location.hash.slice(1))?.scrollIntoView({ block: 'center' });
  restoreDrafts(byId('stage'));
  const hasRoom = matchMedia('(min-width: 761px)').matches;
  if (hasRoom) byId('foot')?.querySelector('textarea')?.focus({ preventScroll: true });
}

function focusMessage(ts) {
  const message = byId(`m-${ts}`);
  if (!message) return;
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
}

function adoptThread(after) {
  const [before, twin] = [byId('thread'), after.getElementById('thread')];
  byId('stage').classList.toggle('with-thread', Boolean(twin));
  if (before && twin && document.body.dataset.thread === after.body.dataset.thread) {
    mergeMessages(byId('replies'), after.getElementById('replies'));
    replace(byId('thread-foot'), after.getElementById('thread-foot'));
    return;
  }
  if (before?.contains(document.activeElement) && !twin) focusMessage(document.body.dataset.thread);
  before?.remove();
  if (!twin) return;
  byId('stage').append(prepared(twin));
  markDays(byId('replies'));
  toEnd(byId('replies'));
  byId('thread').querySelector('textarea')?.focus();
}

function adoptStage(after) {
  const isHome = Boolean(byId('home'));
  if (document.body.dataset.channel !== after.body.dataset.channel || isHome !== Boolean(after.getElementById('home'))) {
    replace(byId('stage'), after.getElementById('stage'));
    settle();
    return;
  }
  const messages = byId('messages');
  if (messages) mergeMessages(messages, after.getElementById('messages'));
  for (const id of ['head', 'home', 'foot']) {
    const [before, twin] = [byId(id), after.getElementById(id)];
    if (before && twin) replace(before, twin);
  }
  adoptThread(after);
  restoreDrafts(byId('stage'));
}

function adopt(after) {
  document.title = after.title;
  document.querySelector('meta[name=page-token]').content = after.querySelector('meta[name=page-token]').content;
  replace(byId('sidebar'), after.getElementById('sidebar'));
  adoptStage(after);
  Object.assign(document.body.dataset, { ...after.body.dataset, viewer: here.person });
  markUnread();
  adoptDialog(after.querySelector('#modals dialog'));
}

async function visit(path, { push = true } = {}) {
  const url = asPerson(path);
  const visit = ++visits;
  const html = await read(url);
  if (html === null || visit !== visits) return;
  const wasHome = Boolean(byId('home'));
  if (push) history.pushState(null, '', url);
  byId('menu').checked = false;
  adopt(parse(html));
  if (byId('home') && !wasHome) post('open-home', {});
}

const refresh = () => visit(location.href, { push: false });

function changedThere(change) {
  if (change.channel === here.channel) messageChanged(change);
  else {
    unread.add(change.channel);
    markUnread();
  }
}

const live = listen({
  onChange(change) {
    if (change.kind === 'view') refreshDialog();
    else if (change.kind === 'home') { if (byId('home')) refresh(); }
    else if (change.kind === 'channel') refresh();
    else changedThere(change);
  },
  onGap: refresh,
  onConnection(isUp) {
    byId('connection').textContent = isUp ? '' : 'Reconnecting…';
  },
});

function clicked(event) {
  const at = (selector) => event.target.closest(selector);
  const dialog = at('#modals dialog');
  for (const menu of document.querySelectorAll('details.overflow[open]')) {
    if (!menu.contains(event.target)) menu.removeAttribute('open');
  }
  if (at('#stage') && !at('.menu-button')) byId('menu').checked = false;
  const link = at('a[data-visit]');
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    visit(link.getAttribute('href'));
  } else if (at('button[data-action]')) {
    const button = at('button[data-action]');
    button.closest('details')?.removeAttribute('open');
    act(button, button.dataset.value ?? null);
  } else if (at('[data-shortcut]')) useShortcut(at('[data-shortcut]'));
  else if (at('[data-dismiss]')) closeDialog(dialog, { wholeStack: true });
  else if (at('[data-close]')) closeDialog(dialog);
  else if (at('.suggestion')) choose(at('.composer'), at('.suggestion'));
  else if (at('[data-notice]')) {
    toggleNotice(at('[data-notice]'));
  }
}

function changed(event) {
  if (event.target.id === 'you') {
    here.person = event.target.value;
    sessionStorage.setItem('person', here.person);
    history.replaceState(null, '', asPerson(location.href));
    live.personChanged();
    refresh();
    return;
  }
  const input = event.target.closest('[data-action]');
  const typedText = input?.matches('input:not([type=date], [type=time], [type=datetime-local]), textarea');
  const block = input?.closest('.input-block');
  if (input && !typedText && (!block || block.hasAttribute('data-dispatch'))) act(input, valueOf(input));
}

function pressed(event) {
  const form = event.target.closest('.composer');
  const taken = form && event.target.matches('textarea') ? keyIn(form, event) : walk(event);
  if (taken) event.preventDefault();
  else if (event.key === 'Enter' && event.target.matches('input[data-dispatch]')) {
    event.preventDefault();
    act(event.target, valueOf(event.target));
  } else if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
    const menu = document.querySelector('details.overflow[open]');
    if (menu) menu.removeAttribute('open');
    else byId('thread')?.querySelector('[data-close-thread]').click();
  }
}

document.addEventListener('click', clicked);
document.addEventListener('change', changed);
document.addEventListener('keydown', pressed);
document.addEventListener('input', (event) => {
  const form = event.target.closest('.composer');
  if (form) typed(form);
});
document.addEventListener('submit', (event) => {
  event.preventDefault();
  const dialog = event.target.closest('#modals dialog');
  if (dialog) submitDialog(dialog);
  else if (event.target.matches('.composer')) send(event.target);
});
document.addEventListener('cancel', (event) => {
  if (!event.target.matches('#modals dialog')) return;
  event.preventDefault();
  closeDialog(event.target);
}, true);
addEventListener('popstate', () => visit(location.href, { push: false }));

const stayed = sessionStorage.getItem('person');
const asked = new URL(location.href).searchParams.get('as');
remember(document);
localize(document);
settle();
openServed();
if (!asked && stayed && stayed !== here.person) {
  here.person = stayed;
  visit(location.href, { push: false });
}
if (byId('home')) post('open-home', {});
