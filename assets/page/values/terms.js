// @ts-check
// Terms in a text: which of the page's words stand in it, and where.

/** @import { Word } from '../payloads.d.ts' */

/**
 * @typedef {object} Found
 * @property {string} term
 * @property {number} start in the text
 * @property {number} end
 * @property {boolean} whole whether the text is the term and nothing else
 */

const LETTER = '[\\p{L}\\p{N}]';

/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Finds the terms of a text, the longest form first where two begin alike.
 * @param {readonly Pick<Word, 'term' | 'forms'>[]} words
 * @returns {(text: string) => Found[]}
 */
export function finderOf(words) {
  /** @type {Map<string, string>} */
  const within = new Map();
  /** @type {Map<string, string>} */
  const labels = new Map();
  for (const { term, forms } of words)
    for (const form of forms)
      if (form.startsWith('=')) labels.set(form.slice(1), term);
      else within.set(form, term);
  const longest = [...within.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const pattern = longest.length
    ? new RegExp(`(?<!${LETTER})(?:${longest.join('|')})(?!${LETTER})`, 'giu')
    : /(?!)/g;
  return (text) => {
    const bare = text.trim();
    const label = labels.get(bare.toLowerCase());
    const start = text.indexOf(bare);
    if (label) return [{ term: label, start, end: start + bare.length, whole: true }];
    return [...text.matchAll(pattern)].map((match) => ({
      term: within.get(match[0].toLowerCase()) ?? '',
      start: match.index,
      end: match.index + match[0].length,
      whole: match[0].length === bare.length,
    }));
  };
}
