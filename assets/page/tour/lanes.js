// @ts-check
// Two lanes of Compare beside each other, in words.

/** @import { World } from './world.js' */

import { short } from '../values/format.js';
import { chanceOf, scoreOf } from './numbers.js';

const NAMES = /** @type {Record<string, string>} */ ({
  random: 'random real images',
  dit: 'DiT',
  dap: 'DAP',
  d3hr: 'D³HR',
  minimax: 'Minimax',
});

/**
 * A sentence for each score of two lanes, beside random real images.
 * @param {World} world
 * @param {string} one method
 * @param {string} other method
 * @param {readonly string[]} names of scores
 */
export function compared(world, one, other, names) {
  const [a, b] = [world.lane(one), world.lane(other)];
  if (!a || !b) return ['The lanes of this page are not there any more; show them again.'];
  return names.map((name) => {
    const [x, y] = [scoreOf(a, name), scoreOf(b, name)];
    const unit = name === 'coverage' ? ' %' : '';
    return (
      `${x.title}: ${short(x.value)}${unit} with ${NAMES[one]}, ${short(y.value)}${unit} with ` +
      `${NAMES[other]}; random draws have ${chanceOf(x)}${unit}.`
    );
  });
}
