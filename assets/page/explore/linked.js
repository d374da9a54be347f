// @ts-check
// What a link says of how things look, and of what is selected: as far as there is such a look.

/** @import { Paint, View } from './traces.js' */
/** @import { View as Images } from '../compare/look.js' */

import { numbersIn, queryIn } from '../values/query.js';

const VIEWS = /** @type {const} */ (['class', 'umap', 'pca']);
const PAINTS = /** @type {const} */ (['plain', 'mode', 'distance']);
const IMAGES = /** @type {const} */ (['images', 'steps', 'difference']);

/**
 * @template {string} T
 * @param {readonly T[]} known
 * @param {string | undefined} text
 */
const among = (known, text) => known.find((one) => one === text);

/**
 * The look of a map, as far as a link has it.
 * @param {string} search
 * @returns {Partial<{ view: View, paint: Paint, witness: boolean }>}
 */
export function linkedLook(search) {
  const query = queryIn(search);
  const view = among(VIEWS, query.view);
  const paint = among(PAINTS, query.paint);
  return {
    ...(view && { view }),
    ...(paint && { paint }),
    ...(query.witness === '0' && { witness: false }),
  };
}

/**
 * The images of Explore that a link selects.
 * @param {string} search
 */
export const linkedPick = (search) => numbersIn(queryIn(search).pick);

/**
 * What of the matrix of Compare a link looks at.
 * @param {string} search
 * @returns {Partial<{ view: Images, column: number }>}
 */
export function linkedMatrix(search) {
  const query = queryIn(search);
  const view = among(IMAGES, query.look);
  const [column] = numbersIn(query.mark);
  return { ...(view && { view }), ...(column !== undefined && { column }) };
}
