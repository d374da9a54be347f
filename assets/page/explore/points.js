// @ts-check
// The real images of a data set as points, and what a finished run says of each. A row is that of a
// point; `images` says which training images they are.

/** @import { Places, Run } from '../payloads.d.ts' */
/** @import { Place } from '../draw/tile.js' */

import { placeOf } from '../draw/tile.js';
import { numbers } from '../values/bytes.js';
import { witnessWords } from '../values/format.js';

/**
 * The map's value, decoded.
 * @typedef {object} Points
 * @property {string} dataset
 * @property {number} label the class in front
 * @property {readonly string[]} classes names of all classes
 * @property {Uint16Array} labels of every point
 * @property {Uint32Array} images of every point, by its number among the training images
 * @property {Uint16Array | null} modes of every point, where modes are known
 * @property {readonly string[]} modeNames
 * @property {Record<string, [Float32Array, Float32Array]>} xy of every point, by view
 * @property {Record<string, string>} trust trustworthiness by view
 * @property {number[]} rows of the class in front
 * @property {number[]} others rows of the other classes
 * @property {Map<number, number>} orders of the rows of the class in front, among them
 */

/**
 * What a finished run says of the real images of its class, in their order.
 * @typedef {object} Standing
 * @property {Uint16Array} nearest distilled image
 * @property {Float32Array} distance to it
 * @property {Float32Array} reach up to which it covers the real image
 * @property {Float32Array} witness
 */

/**
 * A real image in words.
 * @typedef {object} Facts
 * @property {string} name
 * @property {string} mode its known mode, or nothing
 * @property {Nearest | null} nearest what stands for it
 */

/**
 * @typedef {object} Nearest
 * @property {number} number of the distilled image
 * @property {string} distance
 * @property {string} reach
 * @property {boolean} covered
 * @property {{ value: string, meaning: string }} witness
 * @property {string} sheet that the distilled image is on
 * @property {Place} place of the distilled image on it
 */

/**
 * @param {Places} value
 * @returns {Points}
 */
export function decode(value) {
  const labels = numbers(value.labels, Uint16Array);
  /** @type {Points['xy']} */
  const xy = {};
  for (const [view, { xy: text, scale }] of Object.entries(value.views)) {
    const whole = numbers(text, Int16Array);
    xy[view] = [
      Float32Array.from(labels, (_, i) => whole[2 * i] / scale),
      Float32Array.from(labels, (_, i) => whole[2 * i + 1] / scale),
    ];
  }
  const all = Array.from(labels, (_, i) => i);
  const rows = all.filter((i) => labels[i] === value.label);
  return {
    dataset: value.dataset,
    label: value.label,
    classes: value.classes,
    trust: value.trust,
    labels,
    modes: value.modes === null ? null : numbers(value.modes, Uint16Array),
    modeNames: value.mode_names,
    images: numbers(value.images, Uint32Array),
    xy,
    rows,
    others: all.filter((i) => labels[i] !== value.label),
    orders: new Map(rows.map((row, k) => [row, k])),
  };
}

/**
 * @param {Run} run
 * @returns {Standing}
 */
export function standingOf({ standing, witness }) {
  return {
    nearest: numbers(standing.nearest, Uint16Array),
    distance: numbers(standing.distance, Float32Array),
    reach: numbers(standing.reach, Float32Array),
    witness: numbers(witness.at, Float32Array),
  };
}

/**
 * Rows of the real images that no distilled one covers.
 * @param {Points} points
 * @param {Standing | null} standing
 */
export function uncovered({ rows }, standing) {
  return standing ? rows.filter((_, k) => standing.distance[k] > standing.reach[k]) : [];
}

/**
 * The same rows, the farthest beyond reach first.
 * @param {number[]} missed
 * @param {Points} points
 * @param {Standing} standing
 */
export function farthestFirst(missed, { orders }, { distance, reach }) {
  /** @param {number} row */
  const beyond = (row) => {
    const k = orders.get(row) ?? Number.NaN;
    return distance[k] / reach[k];
  };
  return [...missed].sort((a, b) => beyond(b) - beyond(a));
}

/**
 * The distilled image that is nearest to a real image; null where none is known.
 * @param {number} row
 * @param {Points} points
 * @param {Standing | null} standing
 */
export function nearestTo(row, { orders }, standing) {
  const k = orders.get(row);
  return standing && k !== undefined ? standing.nearest[k] : null;
}

/**
 * A real image in words: what it is, and what stands for it.
 * @param {number} row
 * @param {Points} points
 * @param {Run | null} run that is finished
 * @param {Standing | null} standing of the run
 * @returns {Facts}
 */
export function factsOf(row, points, run, standing) {
  const name = `real ${points.classes[points.labels[row]]}, training image ${points.images[row]}`;
  const mode = points.modes ? points.modeNames[points.modes[row]] : '';
  const k = points.orders.get(row);
  if (!run || !standing || k === undefined) return { name, mode, nearest: null };
  const number = standing.nearest[k];
  const nearest = {
    number,
    distance: standing.distance[k].toFixed(2),
    reach: standing.reach[k].toFixed(2),
    covered: standing.distance[k] <= standing.reach[k],
    witness: witnessWords(standing.witness[k]),
    sheet: run.sheet,
    place: placeOf(number, run.n, run.columns),
  };
  return { name, mode, nearest };
}
