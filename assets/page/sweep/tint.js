// @ts-check
// How a score looks beside random real images: a hue that diverges, none within their spread.

/** @import { SweptCell, SweptScore } from '../payloads.d.ts' */

import { short } from '../values/format.js';

const FAINTEST = 14; // percent of the hue, just outside the spread
const DEEPEST = 46; // percent; text stays readable on it, in light and dark
const SPREAD = 2; // standard deviations within which random real images usually lie
const FULL = 8; // standard deviations of the deepest colour

const MARKS = { better: '▲', like: '●', worse: '▼' };
const WORDS = { better: 'better than', like: 'like', worse: 'worse than' };
/** @type {Record<string, string>} */
const SPACES = { latents: 'latent space', features: "classifier's features", judge: '' };

/**
 * How deep the colour of a score is, in percent: 0 for one that is like random real images, or that
 * has none beside it.
 * @param {Pick<SweptScore, 'value' | 'mean' | 'spread' | 'grade'>} score
 */
export function depthOf({ value, mean, spread, grade }) {
  if (grade === 'like' || value === null || mean === null || spread === null) return 0;
  const away = spread > 0 ? Math.abs(value - mean) / spread : FULL;
  const share = Math.max(0, Math.min(1, (away - SPREAD) / (FULL - SPREAD)));
  return Math.round(FAINTEST + share * (DEEPEST - FAINTEST));
}

/**
 * A score in figures.
 * @param {Pick<SweptScore, 'value' | 'unit'>} score
 */
export const figureOf = ({ value, unit }) =>
  value === null ? '–' : `${unit.startsWith(' of') ? Math.round(value) : short(value)}${unit}`;

/**
 * The mark of a score, which says without colour what its colour says; none where nothing is known
 * of random real images.
 * @param {Pick<SweptScore, 'mean' | 'value' | 'grade'>} score
 */
export const markOf = ({ mean, value, grade }) =>
  mean === null || value === null ? '' : MARKS[grade];

/**
 * A score beside random real images, in words.
 * @param {SweptScore} score
 */
export function wordsOf(score) {
  const { title, mean, spread, grade } = score;
  const figure = `${title} ${figureOf(score)}`;
  if (mean === null || score.value === null) return figure;
  return `${figure}, ${WORDS[grade]} random real images (${short(mean)} ± ${short(spread)})`;
}

/** @param {SweptScore} score */
export const nameOf = ({ space, name }) => `${space} ${name}`;

/**
 * The scores to choose from, by their names.
 * @param {SweptCell} cell
 * @returns {[string, string][]}
 */
export function choicesOf({ scores }) {
  return scores.map((score) => {
    const space = SPACES[score.space];
    return [nameOf(score), space ? `${score.title} (${space})` : score.title];
  });
}
