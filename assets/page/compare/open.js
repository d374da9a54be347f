// @ts-check
// Links to comparisons: a click adds their lanes to the comparison that is on the page, and shows
// it; whoever opens a link in another tab of the browser finds them there alone.

/** @import { Lineup, Menu } from '../payloads.d.ts' */

import { make } from '../draw/element.js';
import { showTab } from '../tabs.js';
import { arrange, joined, lineupOf, setting } from './lineup.js';
import { clear } from './results.js';

/** @typedef {(nothing: null) => Promise<[Menu, Lineup]>} GetMenu */

/**
 * @param {Record<string, string>} query of the comparison
 * @param {GetMenu} get asks what a comparison can be made of
 */
export function makeCompareLink(query, get) {
  const link = make('a');
  link.href = `?${new URLSearchParams(query)}`;
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window
    event.preventDefault();
    open(query, get);
  });
  return link;
}

/**
 * @param {Record<string, string>} query
 * @param {GetMenu} get
 */
async function open(query, get) {
  setting.menu ??= (await get(null))[0];
  const asked = lineupOf(query, setting.menu);
  const before = setting.lineup;
  const lineup = before ? joined(before, asked) : asked;
  if (before && before.dataset !== lineup.dataset) clear();
  arrange({ ...lineup, run: true });
  showTab('Compare');
}
