// @ts-check
// Scales: from values to places on a drawing.

/**
 * Places between 4 and 96 percent of a line on which all these values lie.
 * @param {readonly number[]} values
 */
export function scaleOf(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const reach = high - low || 1;
  return { low, high, at: (/** @type {number} */ v) => 4 + (92 * (v - low)) / reach };
}

/**
 * Points of a curve as places on a drawing, its highest value two pixels below the top.
 * @param {readonly (readonly [number, number | null])[]} points the first place is above zero; null
 *   stands for what is no number, and has no place
 * @param {number} width
 * @param {number} height
 * @returns {[number, number][]}
 */
export function spread(points, width, height) {
  const last = points[points.length - 1][0];
  const values = points.flatMap(([, y]) => (y === null ? [] : [y]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const reach = high - low || 1;
  return points.flatMap(([x, y]) =>
    y === null ? [] : [[(width * x) / last, height - 2 - ((height - 4) * (y - low)) / reach]],
  );
}
