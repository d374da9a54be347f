// @ts-check
// Numbers in words.

/**
 * A number with so many digits after its point, and a minus sign that is as long as a plus.
 * @param {number} x
 * @param {number} digits
 */
export const fixed = (x, digits) => x.toFixed(digits).replace('-', '−');

/**
 * A score, short: three digits or so.
 * @param {number | null} value
 */
export function short(value) {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (size >= 100) return fixed(value, 0);
  if (size >= 10) return fixed(value, 1);
  return fixed(value, size >= 0.1 || size === 0 ? 2 : 4);
}

/** @param {number} x */
export const percent = (x) => fixed(x, 1);

/** @param {number} x */
export const signed = (x) => (x > 0 ? '+' : '') + fixed(x, 1);

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
