// @ts-check
// A number to be typed, and a control with its words.

import { typed } from '../values/typed.js';
import { make } from './element.js';

/**
 * @param {boolean} whole whether it is a whole number
 * @param {() => readonly number[] | undefined} bounds low and high, once known
 * @param {(value: number | null) => void} change hears of a number within them; null for none
 */
export function makeNumber(whole, bounds, change) {
  const input = Object.assign(make('input'), { type: 'number', step: whole ? 1 : 0.1 });
  input.addEventListener('change', () => {
    const [low, high] = bounds() ?? [];
    if (low === undefined || high === undefined) return;
    change(typed(input.value, { low, high, whole }));
  });
  return input;
}

/**
 * @param {string} text
 * @param {HTMLElement} control
 */
export function labelled(text, control) {
  const label = make('label');
  label.append(make('span', '', text), control);
  return label;
}
