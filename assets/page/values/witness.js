// @ts-check
// Fields of the witness as grids: that of one set, or the difference of two.

/** @import { Field } from '../payloads.d.ts' */
/** @import { Grid } from './interpolation.js' */

import { numbers } from './bytes.js';

/**
 * A field, in 64ths of what chance reaches.
 * @param {Field} field
 * @returns {Grid}
 */
export function gridOf({ values, columns, box }) {
  const decoded = numbers(values, Int16Array);
  return { values: decoded, columns, rows: decoded.length / columns, box };
}

/**
 * How much more a set misses than another does, on one map of one class, in 64ths of what the
 * difference of two random real sets reaches: they are independent, so their variances add up.
 * @param {Field} a
 * @param {Field} b
 * @returns {Grid}
 */
export function gridBetween(a, b) {
  const [one, other] = [gridOf(a), gridOf(b)];
  const chance = Math.hypot(a.chance, b.chance);
  const [mine, theirs] = [a.chance / chance, b.chance / chance];
  const values = Float32Array.from(one.values, (v, i) => mine * v - theirs * other.values[i]);
  return { ...one, values };
}
