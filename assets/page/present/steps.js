// @ts-check
// The steps of a presentation: a list of links with their titles, as text and in a link.

/** @import { Query } from '../values/query.js' */

import { LASTING, queryIn } from '../values/query.js';

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {Query} query of the link, without what is of the presentation
 */

export const MOST = 60; // steps
const LONGEST = 80; // letters of a title

/**
 * The steps of a text: a link in each line, or a title, | and a link.
 * @param {string} text
 * @returns {Step[]}
 * @throws {Error} in words, if a line has no link or there are too many
 */
export function stepsOf(text) {
  const lines = text.split('\n').map((line) => line.trim());
  const steps = lines.flatMap((line, k) => (line ? [stepOf(line, k + 1)] : []));
  if (steps.length > MOST)
    throw new Error(`A list has at most ${MOST} links; this one has ${steps.length}.`);
  return steps;
}

/**
 * @param {string} line
 * @param {number} number
 * @returns {Step}
 */
function stepOf(line, number) {
  const [, title = '', link = line] = line.match(/^(.*?)\s*\|\s*(.*)$/) ?? [];
  const search = link.includes('?') ? link.slice(link.indexOf('?') + 1) : link;
  const asked = Object.entries(queryIn(search.split('#')[0]));
  const query = Object.fromEntries(asked.filter(([key]) => !LASTING.includes(key)));
  if (!/^[^\s=]+=/.test(search) || !Object.keys(query).length)
    throw new Error(`Line ${number} has no link of this page: ${line.slice(0, 60)}`);
  return { title: title.slice(0, LONGEST) || titleOf(query), query };
}

/**
 * What to call a step without a title.
 * @param {Query} query
 */
function titleOf({ tab, dataset, classes, method }) {
  return [tab, dataset, classes, method].filter(Boolean).join(' · ') || 'the page';
}

/**
 * The steps as text.
 * @param {readonly Step[]} steps
 */
export const textOf = (steps) =>
  steps
    .map(({ title, query }) => `${title.replaceAll('|', '/')} | ?${new URLSearchParams(query)}`)
    .join('\n');

/**
 * The steps of a link or of what the browser keeps; none where that is no list.
 * @param {string | null | undefined} text
 */
export function stepsKept(text) {
  try {
    return stepsOf(text ?? '');
  } catch {
    return []; // anyone may have written there, and a link that is broken is told by the server
  }
}

/**
 * The parameters of the link to a step.
 * @param {readonly Step[]} steps
 * @param {number} at
 * @param {Query} lasts what lasts of the present link
 * @returns {Record<string, string>}
 */
export function linkTo(steps, at, lasts) {
  return { ...steps[at].query, ...lasts, present: '1', at: String(at + 1) };
}
