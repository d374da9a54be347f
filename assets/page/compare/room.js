// @ts-check
// Room beneath the map for what needs finished lanes. It is kept while they are on their way:
// otherwise the map would be given another size with each that comes, and be drawn anew.

import { goesOn } from './results.js';

/**
 * @param {HTMLElement} node
 * @param {boolean} there whether the lanes that it needs are there
 */
export function showOrAwait(node, there) {
  node.hidden = !there && !goesOn();
  node.classList.toggle('d-awaits', !there);
}
