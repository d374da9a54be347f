// @ts-check
// What the tour says in numbers: of runs that are on the page, and of shipped studies.

/** @import { Points } from '../explore/points.js' */
/** @import { Run, StudyValue } from '../payloads.d.ts' */

import { short } from '../values/format.js';

const SPACES = ['latents', 'judge'];

/**
 * A score of a run in latent space, or of the judge.
 * @param {Run} run
 * @param {string} name
 */
export function scoreOf(run, name) {
  const score = run.scores.find((one) => one.name === name && SPACES.includes(one.space));
  if (!score || score.value === null) throw new Error(`the run has no score ${name}`);
  return { ...score, value: score.value };
}

/**
 * A score of random real images, with the spread of their draws to as many digits.
 * @param {{ mean: number | null, spread: number | null }} score
 */
export function chanceOf({ mean, spread }) {
  const text = short(mean);
  const digits = text.split('.')[1]?.length ?? 0;
  return `${text} ± ${spread === null ? '–' : spread.toFixed(digits)}`;
}

/**
 * A figure of a study with its spread.
 * @param {StudyValue} value
 */
export const figure = ({ mean, spread }) =>
  spread === null ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${spread.toFixed(1)}`;

/**
 * How a score changed: "less", "more", or "like", where the change is no more than what random
 * real draws differ among each other.
 * @param {Run} before
 * @param {Run} after
 * @param {string} name
 * @returns {'less' | 'more' | 'like'}
 */
export function changeOf(before, after, name) {
  const [a, b] = [scoreOf(before, name), scoreOf(after, name)];
  const change = b.value - a.value;
  if (Math.abs(change) <= (b.spread ?? 0)) return 'like';
  return change < 0 ? 'less' : 'more';
}

/**
 * Into which part a share falls: 0 from the first bound on, 1 from the second, and so on.
 * @param {number} share
 * @param {readonly number[]} bounds that fall
 */
export function partOf(share, bounds) {
  const part = bounds.findIndex((bound) => share >= bound);
  return part < 0 ? bounds.length : part;
}

/**
 * For how many images of a run the real image that is nearest on a map is the nearest in truth.
 * @param {Run} run
 * @param {Points} points
 * @param {string} view
 */
export function kept(run, { rows, xy }, view) {
  const [xs, ys] = xy[view];
  return run.points[view].filter(([x, y], i) => {
    const off = (/** @type {number} */ row) => Math.hypot(xs[row] - x, ys[row] - y);
    const nearest = rows.reduce((best, row) => (off(row) < off(best) ? row : best), rows[0]);
    return nearest === run.nearest.rows[i];
  }).length;
}
