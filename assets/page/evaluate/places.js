// @ts-check
// What is computed of a study: order, counts, words, places. Nothing here draws.

/** @import { Study, StudyAxis, StudyLine, StudyValue } from '../payloads.d.ts' */

import { fixed } from '../values/format.js';

/**
 * @typedef {object} Counts
 * @property {number} better
 * @property {number} like
 * @property {number} worse
 * @property {number} unknown rows that cannot be compared
 * @property {number} all rows that have the number, but for random real images
 */

/**
 * How many methods are better and worse than random real images.
 * @param {readonly StudyLine[]} rows
 * @param {string} axis
 * @returns {Counts}
 */
export function countsOf(rows, axis) {
  const counts = { better: 0, like: 0, worse: 0, unknown: 0, all: 0 };
  for (const { kind, values } of rows) {
    if (kind === 'random' || !values[axis]) continue;
    counts[values[axis].grade ?? 'unknown'] += 1;
    counts.all += 1;
  }
  return counts;
}

/**
 * What the counts say, in a sentence or two.
 * @param {readonly StudyLine[]} rows
 * @param {StudyAxis} axis
 */
export function messageOf(rows, axis) {
  const { better, like, worse, unknown, all } = countsOf(rows, axis.name);
  if (!all) return 'Only random real images were measured.';
  if (!axis.better) return `${all} methods; neither more nor less is better.`;
  if (unknown === all)
    return 'Random real images were drawn once, so nothing can be told from chance here.';
  const first = `${better} of ${all} methods ${be(better)} better than random real images`;
  const others = [
    worse ? `${worse} ${be(worse)} worse` : '',
    like ? `${like} ${be(like)} not told apart from them` : '',
    unknown ? `${unknown} cannot be compared` : '',
  ].filter(Boolean);
  return `In ${axis.title.replace(', %', '')}, ${[first, ...others].join(', ')}.`;
}

/** @param {number} n */
const be = (n) => (n === 1 ? 'is' : 'are');

/**
 * The rows in the order of a number, those without it last; by name without an axis.
 * @param {readonly StudyLine[]} rows
 * @param {string | null} axis
 * @param {boolean} falling
 */
export function ordered(rows, axis, falling) {
  const sign = falling ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (axis === null) return sign * a.name.localeCompare(b.name);
    const [x, y] = [a.values[axis]?.mean, b.values[axis]?.mean];
    if (x === undefined || y === undefined)
      return Number(x === undefined) - Number(y === undefined);
    return sign * (x - y);
  });
}

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} at the place of a value, in percent of the axis
 * @property {number[]} ticks round values on the axis
 */

/**
 * A scale on which these values and their intervals lie.
 * @param {readonly Pick<StudyValue, 'mean' | 'low' | 'high'>[]} values
 * @param {boolean} log
 * @returns {Scale}
 */
export function scaleFor(values, log) {
  const bend = log ? Math.log10 : (/** @type {number} */ v) => v;
  const ends = values.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  const bent = ends.filter((v) => !log || v > 0).map(bend);
  const [low, high] = [Math.min(...bent), Math.max(...bent)];
  const room = 0.05 * (high - low || 1);
  const [from, to] = [low - room, high + room];
  return {
    at: (v) => (100 * (bend(v) - from)) / (to - from),
    ticks: log ? decades(from, to) : ticksOf(from, to),
  };
}

/**
 * Round numbers between two others: 1, 2 or 5 times a power of ten apart.
 * @param {number} low
 * @param {number} high
 * @param {number} most how many there are, at most
 */
export function ticksOf(low, high, most = 6) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, k) =>
    Number(((first + k) * step).toFixed(digits)),
  );
}

/**
 * 1, 2 and 5 times the powers of ten between two logarithms.
 * @param {number} from
 * @param {number} to
 */
function decades(from, to) {
  const powers = [];
  for (let p = Math.floor(from); p <= to; p++) powers.push(10 ** p);
  const all = powers.flatMap((p) => [1, 2, 5].map((k) => Number((k * p).toPrecision(1))));
  return all.filter((v) => Math.log10(v) >= from && Math.log10(v) <= to);
}

/**
 * A mark with a name, in pixels.
 * @typedef {object} Mark
 * @property {number} x
 * @property {number} y
 * @property {string} name
 */

const LETTER = 6.1; // pixels of a letter, about
const LINE = 14; // pixels of a line
const GAP = 9; // pixels from the mark to its name

/**
 * Which names can be written beside their marks without one covering another, and on which side:
 * the first marks go first.
 * @param {readonly Mark[]} marks
 * @param {number} width
 * @returns {Map<string, 'left' | 'right'>}
 */
export function sidesOf(marks, width) {
  /** @type {[number, number, number, number][]} left, right, top, bottom */
  const taken = marks.map(({ x, y }) => [x - 6, x + 6, y - 6, y + 6]);
  /** @type {Map<string, 'left' | 'right'>} */
  const sides = new Map();
  for (const { x, y, name } of marks) {
    const long = LETTER * name.length;
    for (const side of /** @type {const} */ (['right', 'left'])) {
      const left = side === 'right' ? x + GAP : x - GAP - long;
      if (left < 0 || left + long > width) continue;
      const [top, bottom] = [y - LINE / 2, y + LINE / 2];
      const hit = ([l, r, t, b] = taken[0]) => l < left + long && r > left && t < bottom && b > top;
      if (taken.some(hit)) continue;
      taken.push([left, left + long, top, bottom]);
      sides.set(name, side);
      break;
    }
  }
  return sides;
}

/**
 * The study with the most rows, the first of several: it tells the most.
 * @template {{ rows: readonly unknown[] }} Some
 * @param {readonly Some[]} studies one at least
 */
export const fullest = (studies) =>
  studies.reduce((most, study) => (study.rows.length > most.rows.length ? study : most));

/**
 * A number as a table has it.
 * @param {StudyValue | undefined} value
 * @param {number} digits
 */
export function said(value, digits) {
  if (!value) return '';
  const mean = fixed(value.mean, digits);
  return value.spread === null ? mean : `${mean} ± ${fixed(value.spread, digits)}`;
}

/**
 * The axes to begin with: accuracy upward, and across the first that compares with chance.
 * @param {Study} study
 */
export function firstAxes({ axes, rows }) {
  const names = axes.map(({ name }) => name);
  const up = names.includes('accuracy') ? 'accuracy' : names[0];
  const others = names.filter((name) => name !== up);
  const known = others.find((name) => rows.filter(({ values }) => values[name]).length > 1);
  return { up, across: known ?? up };
}
