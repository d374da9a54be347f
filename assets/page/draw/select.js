// @ts-check
// A choice among several.

import { make } from './element.js';

/**
 * A choice, which has a name where no label stands beside it.
 * @param {(value: string) => void} choose
 * @param {string} name
 */
export function makeSelect(choose, name = '') {
  const select = make('select');
  if (name) select.setAttribute('aria-label', name);
  select.addEventListener('change', () => choose(select.value));
  return select;
}

/**
 * Offers options, and shows which is chosen.
 * @param {HTMLSelectElement} select
 * @param {[string, string][]} options values and words
 * @param {string} chosen
 */
export function fill(select, options, chosen) {
  const known = [...select.options].map(({ value, text }) => `${value} ${text}`).join();
  if (known !== options.map((option) => option.join(' ')).join())
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.value = chosen;
}
