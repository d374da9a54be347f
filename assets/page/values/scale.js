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
 * @param {readonly (readonly [number, number])[]} points the first place is above zero
 * @param {number} width
 * @param {number} height
 * @returns {[number, number][]}
 */
export function spread(points, width, height) {
  const values = points.map(([, y]) => y);
  const [low, high, last] = [
    Math.min(...values),
    Math.max(...values),
    points[points.length - 1][0],
  ];
  const reach = high - low || 1;
  return points.map(([x, y]) => [
    (width * x) / last,
    height - 2 - ((height - 4) * (y - low)) / reach,
  ]);
}
