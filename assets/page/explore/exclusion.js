// @ts-check
// What a method excludes, in words, and where its group begins.

/** @import { MethodGroup, MethodWords } from '../payloads.d.ts' */

/**
 * What a method excludes, in a sentence.
 * @param {MethodWords} words
 */
export function exclusionOf({ alone, excludes }) {
  if (alone) return 'It stands alone.';
  return excludes.length ? `It excludes ${excludes.join(', ')}.` : 'It goes with every method.';
}

/**
 * Before which of these titles each group begins: [index, title of the group].
 * @param {readonly MethodGroup[]} groups
 * @param {readonly string[]} titles of methods, as they stand
 * @returns {[number, string][]}
 */
export function headingsOf(groups, titles) {
  return groups.flatMap(({ title, methods }) => {
    const places = methods.map((method) => titles.indexOf(method.title)).filter((k) => k >= 0);
    return places.length ? [/** @type {[number, string]} */ ([Math.min(...places), title])] : [];
  });
}
