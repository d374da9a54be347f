// @ts-check
// Classes in order of how well they came out.

/** @typedef {'none' | 'worst' | 'best'} Order */

/**
 * Labels in an order; those without a rank stand last, and equals stay as they were.
 * @param {readonly number[]} labels
 * @param {(label: number) => number | null} rankOf more is better
 * @param {Order} order
 */
export function ranked(labels, rankOf, order) {
  if (order === 'none') return [...labels];
  const sign = order === 'best' ? -1 : 1;
  const ranks = new Map(labels.map((label) => [label, rankOf(label)]));
  return [...labels].sort((a, b) => {
    const [x, y] = [ranks.get(a) ?? null, ranks.get(b) ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

/**
 * The mean of what is known; null where nothing is.
 * @param {readonly (number | null | undefined)[]} values
 */
export function meanOf(values) {
  const known = values.filter((value) => typeof value === 'number');
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

/**
 * Whether two links lead to the same set: they may name different classes of it.
 * @param {Readonly<Record<string, string>> | null} a
 * @param {Readonly<Record<string, string>> | null} b
 */
export function sameSet(a, b) {
  if (!a || !b) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  keys.delete('classes');
  return [...keys].every((key) => a[key] === b[key]);
}
