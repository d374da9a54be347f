// @ts-check
// What one set covers and another does not.

/**
 * For each real image of a class: the distance to the nearest image of a set, and its reach.
 * @typedef {object} Cover
 * @property {Float32Array} distance
 * @property {Float32Array} reach
 */

/**
 * The real images, by their order in the class, that the first set covers and the second does not:
 * the farthest beyond the second's reach first.
 * @param {Cover} a
 * @param {Cover} b
 */
export function coveredBy(a, b) {
  const found = [];
  for (let k = 0; k < a.distance.length; k++)
    if (a.distance[k] <= a.reach[k] && b.distance[k] > b.reach[k]) found.push(k);
  const beyond = (/** @type {number} */ k) => b.distance[k] / b.reach[k];
  return found.sort((one, other) => beyond(other) - beyond(one));
}
