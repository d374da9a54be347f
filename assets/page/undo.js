// @ts-check
// Undo and redo of settings: of each tab by itself.

/** @import { Lineup, Sweep } from './payloads.d.ts' */

import { on, say } from './bus.js';
import { arrange } from './compare/lineup.js';
import { clear } from './compare/results.js';
import { find } from './draw/element.js';
import { arrange as arrangeSweep } from './sweep/sweep.js';
import { shownTab } from './tabs.js';
import { Past } from './values/past.js';
import { visitor } from './visitor.js';

const SETTLED = 350; // milliseconds without a change after which settings count as chosen

/** @type {Record<string, Past>} */
const pasts = { explore: new Past(), compare: new Past(), sweep: new Past() };
/** @type {Record<string, ReturnType<typeof setTimeout> | undefined>} */
const timers = {};
/** @type {Set<string>} tabs whose settings were just set to a state of their past */
const restoring = new Set();

/**
 * Keeps settings of a tab, once they have settled.
 * @param {string} tab
 * @param {object} state
 */
function keepSoon(tab, state) {
  clearTimeout(timers[tab]);
  timers[tab] = setTimeout(() => {
    const text = JSON.stringify(state);
    if (restoring.delete(tab) || !visitor.acted) pasts[tab].mend(text);
    else pasts[tab].put(text);
    say('past', undefined);
  }, SETTLED);
}

/** How a state of each tab is set again. @type {Record<string, (state: any) => void>} */
const SET = {
  explore: (/** @type {Record<string, string>} */ query) => say('asked', { query, run: false }),
  compare: (/** @type {Lineup} */ lineup) => {
    clear();
    arrange({ ...lineup, run: false });
  },
  sweep: (/** @type {Sweep} */ sweep) => arrangeSweep({ ...sweep, run: false }),
};

/**
 * Goes back or forth in the past of the tab that is shown.
 * @param {1 | -1} by
 */
function go(by) {
  const tab = shownTab();
  const state = pasts[tab]?.go(by);
  if (state === undefined) return;
  restoring.add(tab);
  SET[tab](JSON.parse(state));
  say('past', undefined);
}

/** @param {KeyboardEvent} event */
function key(event) {
  const { ctrlKey, metaKey, shiftKey, altKey } = event;
  if (!(ctrlKey || metaKey) || altKey || isText(event.target)) return;
  const letter = event.key.toLowerCase();
  const by = letter === 'y' || (letter === 'z' && shiftKey) ? 1 : letter === 'z' ? -1 : 0;
  if (!by || !pasts[shownTab()]?.can(by)) return;
  event.preventDefault();
  go(by);
}

/**
 * Whether someone writes or chooses there: then the keys are the browser's own.
 * @param {EventTarget | null} target
 */
export function isText(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  const plain = ['range', 'checkbox', 'radio', 'button', 'file'];
  return target instanceof HTMLInputElement && !plain.includes(target.type);
}

/** @param {ParentNode} header with the two buttons */
export function mountUndo(header) {
  /** @type {[HTMLElement, 1 | -1][]} */
  const buttons = [
    [find(header, '#undo'), -1],
    [find(header, '#redo'), 1],
  ];
  const draw = () => {
    for (const [button, by] of buttons)
      button.toggleAttribute('disabled', !pasts[shownTab()]?.can(by));
  };
  for (const [button, by] of buttons) button.addEventListener('click', () => go(by));
  document.addEventListener('keydown', key);
  on('settings', (query) => {
    if (query) keepSoon('explore', query);
  });
  on('lineup', ({ run, ...lineup }) => keepSoon('compare', lineup));
  on('sweep', ({ run, ...sweep }) => keepSoon('sweep', sweep));
  on('past', draw);
  on('tab', draw);
  draw();
}
