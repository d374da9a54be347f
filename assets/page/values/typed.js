// @ts-check
// What a visitor typed.

/**
 * A number that was typed, within bounds; null where it is none.
 * @param {string} text
 * @param {{ low: number, high: number, whole: boolean }} bounds
 */
export function typed(text, { low, high, whole }) {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) return null;
  return Math.max(low, Math.min(high, whole ? Math.round(value) : value));
}
