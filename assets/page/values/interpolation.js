// @ts-check
// A field between the points of its grid: cubic interpolation after Catmull and Rom.

/**
 * A field on a grid of the plane.
 * @typedef {object} Grid
 * @property {Int16Array | Float32Array} values row by row, from low to high y
 * @property {number} columns
 * @property {number} rows
 * @property {readonly [number, number, number, number]} box left, right, bottom, top: outer edges
 */

/** @typedef {[number, number][]} Taps values of a grid to add up, each [index, weight] */

/**
 * Which of `count` values make the value at a position, and how much of each. One more cell beyond
 * each edge is like that at the edge; from there on the field is zero.
 * @param {number} position in cells; 0 is the middle of the first
 * @param {number} count
 * @returns {Taps}
 */
export function tapsAt(position, count) {
  const first = Math.floor(position);
  const u = position - first;
  const weights = [
    (((2 - u) * u - 1) * u) / 2,
    ((3 * u - 5) * u * u + 2) / 2,
    (((4 - 3 * u) * u + 1) * u) / 2,
    ((u - 1) * u * u) / 2,
  ];
  return weights.map((weight, k) => {
    const index = first - 1 + k;
    const beyond = index < -1 || index > count;
    return [Math.max(0, Math.min(count - 1, index)), beyond ? 0 : weight];
  });
}

/**
 * The position, in cells of the grid, of every pixel along an axis.
 * @param {readonly [number, number]} range of the axis
 * @param {number} pixels
 * @param {number} low edge of the grid
 * @param {number} high edge of the grid
 * @param {number} count of cells
 */
export function cells([from, to], pixels, low, high, count) {
  return Array.from({ length: pixels }, (_, k) => {
    const place = from + ((k + 0.5) / pixels) * (to - from);
    return ((place - low) / (high - low)) * count - 0.5;
  });
}

/**
 * A field at every pixel, row by row from the top.
 * @param {Grid} grid
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @param {readonly [number, number]} x range of the axis
 * @param {readonly [number, number]} y range of the axis
 */
export function interpolate({ values, columns, rows, box }, width, height, x, y) {
  const across = cells(x, width, box[0], box[1], columns).map((p) => tapsAt(p, columns));
  const down = cells(y, height, box[2], box[3], rows)
    .reverse()
    .map((p) => tapsAt(p, rows));
  const wide = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++)
    across.forEach((taps, i) => {
      for (const [c, weight] of taps) wide[r * width + i] += weight * values[r * columns + c];
    });
  const shown = new Float32Array(width * height);
  down.forEach((taps, j) => {
    for (const [r, weight] of taps)
      if (weight)
        for (let i = 0; i < width; i++) shown[j * width + i] += weight * wide[r * width + i];
  });
  return shown;
}
