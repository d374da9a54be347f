// @ts-check
// Keys that walk the columns and the lanes: in the matrix, and on the map, which says where it is.

import { say } from '../bus.js';
import { stepOf } from '../draw/arrows.js';
import { make } from '../draw/element.js';
import { setting, titleOf } from './lineup.js';
import { look, lookAt } from './look.js';
import { picturesOf, runOf } from './results.js';

const ABOUT =
  'map of the lanes: left and right walk the columns, up and down the lanes, Enter shows an ' +
  'image large, Escape lets go of it';

/**
 * Where a key leads to, which may be beyond the last; null for a key that leads nowhere.
 * @param {string} key
 * @param {{ lane: number, column: number }} at
 * @param {number} last column
 */
export function walked(key, { lane, column }, last) {
  if (key === 'Home') return { lane, column: 0 };
  if (key === 'End') return { lane, column: last };
  const step = stepOf(key, true);
  if (!step) return null;
  return stepOf(key, false) ? { lane, column: column + step } : { lane: lane + step, column };
}

/**
 * Has keys walk the images of the lanes that a map shows.
 * @param {HTMLElement} plot
 * @returns {HTMLElement} where it is said which image is marked
 */
export function walkByKeys(plot) {
  const said = make('span', 'd-sr');
  said.setAttribute('role', 'status');
  plot.tabIndex = 0;
  plot.setAttribute('role', 'application');
  plot.setAttribute('aria-label', ABOUT);
  plot.addEventListener('keydown', (event) => {
    if (event.target !== plot || !follow(event.key)) return;
    event.preventDefault();
    said.textContent = wordsOf();
  });
  return said;
}

/**
 * Does what a key of the map says; whether it says something.
 * @param {string} key
 */
function follow(key) {
  const lanes = (setting.lineup?.lanes ?? []).filter(
    ({ slot }) => picturesOf(slot) && !look.hidden.has(slot),
  );
  const lane = lanes.findIndex(({ slot }) => slot === look.slot);
  if (key === 'Escape') {
    lookAt({ column: null, slot: null, over: null });
    return true;
  }
  if (key === 'Enter') {
    if (look.slot !== null && runOf(look.slot)) say('large', undefined);
    return true;
  }
  const last = (picturesOf(lanes[Math.max(lane, 0)]?.slot ?? -1)?.n ?? 1) - 1;
  const to = walked(key, { lane, column: look.column ?? 0 }, last);
  if (!to || !lanes.length) return false;
  // The first key marks an image, and moves no further.
  if (lane < 0 || look.column === null) mark(lanes[0].slot, Math.min(look.column ?? 0, last));
  else if (to.column >= 0 && to.column <= last && lanes[to.lane])
    mark(lanes[to.lane].slot, to.column);
  return true;
}

/**
 * @param {number} slot
 * @param {number} column
 */
function mark(slot, column) {
  lookAt({ slot, column: Math.min(column, (picturesOf(slot)?.n ?? 1) - 1), over: null });
}

/** The marked image in words. */
function wordsOf() {
  const lane = setting.lineup?.lanes.find(({ slot }) => slot === look.slot);
  if (!lane || look.column === null) return 'no image is marked';
  const run = runOf(lane.slot);
  const seen = run ? `: ${run.recognised[look.column]}` : '';
  return `${titleOf(lane)}, image ${look.column + 1}${seen}`;
}
