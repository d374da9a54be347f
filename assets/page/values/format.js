// @ts-check
// Numbers in words.

/**
 * A score, short: three digits or so.
 * @param {number | null} value
 */
export function short(value) {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : value.toFixed(4);
}

/** @param {number} x */
export const percent = (x) => x.toFixed(1);

/** @param {number} x */
export const signed = (x) => (x > 0 ? '+' : '') + x.toFixed(1);

/**
 * An interval; a dash where it is not known.
 * @param {number | null} low
 * @param {number | null} high
 * @param {(x: number) => string} form
 */
export function between(low, high, form) {
  return low === null || high === null ? '–' : `${form(low)} to ${form(high)}`;
}

/**
 * A count with its thousands apart.
 * @param {number} n
 */
export const count = (n) => n.toLocaleString('en');

/**
 * The time that is left; nothing where it is not known.
 * @param {number | null} seconds
 */
export function timeLeft(seconds) {
  if (seconds === null) return '';
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

/**
 * The witness at a real image, and what it means.
 * @param {number} value
 */
export function witnessWords(value) {
  const digits = Math.abs(value).toFixed(3);
  if (Number(digits) === 0)
    return { value: digits, meaning: 'as many real as distilled around it' };
  return value > 0
    ? { value: `+${digits}`, meaning: 'more real than distilled around it' }
    : { value: `−${digits}`, meaning: 'more distilled than real around it' };
}
