// Modals of the app, and the confirm dialogs of its buttons. Native <dialog>s: the browser keeps the
// focus inside, closes on Esc and dims what lies behind.

import { readInputs } from './inputs.js';
import { here, post, read } from './server.js';
import { parse, remember, replace } from './swap.js';
import { localize } from './times.js';

const TROUBLE = 'We had some trouble connecting. Try again?';
let opener = null;
let turns = 0;

/** Show the dialog the server says is on top for this person, or none. */
export async function refreshDialog() {
  const turn = ++turns;
  const html = await read('/page/dialog');
  if (html !== null && turn === turns) adoptDialog(parse(html).querySelector('dialog'));
}

/** Make the open dialog the given one; typed text stays where the same input is still there. */
export function adoptDialog(after) {
  const region = document.getElementById('modals');
  const before = region.querySelector('dialog');
  if (before && after && before.dataset.view === after.dataset.view) {
    replace(before.querySelector('form'), after.querySelector('form'));
    before.dataset.hash = after.dataset.hash;
    return;
  }
  if (!before) opener = document.activeElement;
  before?.close();
  before?.remove();
  if (!after) {
    if (opener?.isConnected) opener.focus();
    return;
  }
  const fresh = document.importNode(after, true);
  region.replaceChildren(fresh);
  open(fresh);
}

/** Show dialogs that came with the document. */
export function openServed() {
  const served = document.querySelector('#modals dialog');
  if (served) open(served);
}

function open(dialog) {
  remember(dialog);
  localize(dialog);
  dialog.showModal();
  const first = dialog.querySelector('[autofocus]')
    ?? dialog.querySelector('.modal-body :is(input, textarea, select)')
    ?? dialog.querySelector('.modal-body');
  first.focus();
}

function showErrors(dialog, errors) {
  for (const old of dialog.querySelectorAll('.error')) old.remove();
  for (const input of dialog.querySelectorAll('.invalid')) input.classList.remove('invalid');
  for (const [block, sentence] of Object.entries(errors)) {
    const input = dialog.querySelector(`[data-block="${CSS.escape(block)}"]`)?.closest('.input-block');
    if (!input) continue;
    input.classList.add('invalid');
    const shown = input.querySelector('.error') ?? input.appendChild(document.createElement('div'));
    shown.className = 'error';
    shown.setAttribute('role', 'alert');
    shown.textContent = sentence;
  }
}

async function during(dialog, deed, body) {
  const form = dialog.querySelector('form');
  form.setAttribute('aria-busy', 'true');
  const result = await post(deed, { view: dialog.dataset.view, ...body });
  form.removeAttribute('aria-busy');
  const open = document.querySelector('#modals dialog');
  if (open !== dialog) return;
  const trouble = open.querySelector('.modal-error');
  trouble.hidden = result.acked || Object.keys(result.errors).length > 0;
  trouble.textContent = trouble.hidden ? '' : TROUBLE;
  showErrors(open, result.errors);
  open.querySelector('.invalid [data-action]')?.focus();
}

/** Submit the modal on top. */
export function submitDialog(dialog) {
  return during(dialog, 'submit', { values: readInputs(dialog) });
}

/** Close the modal on top, or the whole stack of them; what stays open is what the server says. */
export async function closeDialog(dialog, { wholeStack = false } = {}) {
  await during(dialog, 'close', { whole_stack: wholeStack });
  if (dialog.isConnected) await refreshDialog();
}

/** Ask before a button with a `confirm` is taken at its word. */
export function confirmed(element) {
  const template = element.closest('.element')?.querySelector(':scope > template.confirm');
  if (!template) return Promise.resolve(true);
  const dialog = document.createElement('dialog');
  dialog.className = 'modal confirm-dialog';
  dialog.append(template.content.cloneNode(true));
  const title = dialog.querySelector('h2');
  title.id = 'confirm-title';
  dialog.setAttribute('aria-labelledby', title.id);
  document.body.append(dialog);
  const asked = here.person;
  return new Promise((resolve) => {
    dialog.addEventListener('click', (event) => {
      const answer = event.target.closest('[data-answer]')?.dataset.answer;
      if (answer) dialog.close(answer);
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      element.focus();
      resolve(dialog.returnValue === 'yes' && here.person === asked);
    });
    dialog.showModal();
  });
}
