// What a person has put into the inputs of a message, a modal or the App Home.

const STATEFUL = 'select[data-action], fieldset[data-action], input[data-action], textarea[data-action]';

/** The value of one input as Slack's state names it: a text, an option's value, or a list. */
export function valueOf(input) {
  if (input.matches('fieldset')) {
    const chosen = [...input.querySelectorAll('input:checked')].map((box) => box.value);
    return input.dataset.type === 'radio_buttons' ? chosen[0] ?? null : chosen;
  }
  if (input.matches('select')) {
    const chosen = [...input.selectedOptions].map((option) => option.value);
    return input.multiple ? chosen : chosen[0] || null;
  }
  if (input.type === 'datetime-local') {
    return input.value ? String(Math.floor(new Date(input.value).getTime() / 1000)) : null;
  }
  return input.value === '' ? null : input.value;
}

/** All inputs inside `container`, by block id and action id. */
export function readInputs(container) {
  const values = {};
  for (const input of container.querySelectorAll(STATEFUL)) {
    (values[input.dataset.block] ??= {})[input.dataset.action] = valueOf(input);
  }
  return values;
}

function fields(container) {
  return [...container.querySelectorAll('[data-action] input, input[data-action], select[data-action], textarea[data-action]')];
}

function nameOf(field) {
  const owner = field.closest('[data-action]');
  const box = field === owner ? '' : field.value;
  return JSON.stringify([owner.dataset.block, owner.dataset.action, box]);
}

function isTouched(field) {
  if (field.matches('[type=checkbox], [type=radio]')) return field.checked !== field.defaultChecked;
  if (field.matches('select')) {
    return [...field.options].some((option) => option.selected !== option.defaultSelected);
  }
  return field.value !== field.defaultValue;
}

/** Carry over what a person has typed or chosen from an element to the one that replaces it. */
export function keepInputs(before, after) {
  const next = new Map(fields(after).map((field) => [nameOf(field), field]));
  for (const field of fields(before)) {
    const twin = next.get(nameOf(field));
    if (!twin || !isTouched(field)) continue;
    if (field.matches('[type=checkbox], [type=radio]')) twin.checked = field.checked;
    else if (field.matches('select')) copySelection(field, twin);
    else twin.value = field.value;
  }
}

function copySelection(before, after) {
  const chosen = new Set([...before.selectedOptions].map((option) => option.value));
  for (const option of after.options) option.selected = chosen.has(option.value);
}
