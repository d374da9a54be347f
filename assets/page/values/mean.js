// @ts-check
// Means.

/** @type {readonly (readonly number[])[]} */
const NONE = [];

/**
 * The mean of curves, point by point: over those that are long enough to have the point. Its places
 * are those of the longest curve.
 * @param {readonly (readonly (readonly number[])[])[]} curves of points [place, values ...]
 * @param {number} column of a point
 * @returns {[number, number][]}
 */
export function meanCurve(curves, column) {
  const longest = curves.reduce((a, b) => (b.length > a.length ? b : a), NONE);
  return longest.map((point, i) => {
    const there = curves.filter((curve) => curve.length > i);
    return [point[0], there.reduce((sum, curve) => sum + curve[i][column], 0) / there.length];
  });
}
