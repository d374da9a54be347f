// @ts-check
// What of a comparison is looked at: a view of its images, a step, a column. It changes here alone.

import { say } from '../bus.js';

/** @typedef {'images' | 'steps' | 'difference'} View */

/**
 * @typedef {object} Look
 * @property {View} view of the images
 * @property {number} at which part of the way to the finished images is shown, from 0 to 1
 * @property {number | null} base slot of the lane that the others differ from
 * @property {number | null} column that is chosen
 * @property {number | null} over the column that the mouse is on
 * @property {number | null} slot of the lane that is chosen with it
 * @property {Set<number>} hidden slots of the lanes that the map does not show
 * @property {[number | null, number | null]} witness slots of the lane whose witness the map shows,
 *   and of that whose witness is taken from it
 * @property {[number, number] | null} gap slots: what the first covers and the second does not
 */

/** @type {Look} */
export const look = {
  view: 'images',
  at: 1,
  base: null,
  column: null,
  over: null,
  slot: null,
  hidden: new Set(),
  witness: [null, null],
  gap: null,
};

/** @param {Partial<Look>} changes */
export function lookAt(changes) {
  const same = Object.entries(changes).every(
    ([key, value]) => look[/** @type {keyof Look} */ (key)] === value,
  );
  if (same) return;
  Object.assign(look, changes);
  say('look', undefined);
}

/** The column that is marked: that beneath the mouse, else the chosen one. */
export const marked = () => look.over ?? look.column;
