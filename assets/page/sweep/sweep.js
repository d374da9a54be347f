// @ts-check
// What is swept: one or two dials of a method, on a class and from a seed. It changes here alone,
// and is said on the bus.

/** @import { Menu, Sweep, SweepAxis } from '../payloads.d.ts' */

import { say } from '../bus.js';

/** How few and how many values an axis has. */
export const COUNT = { low: 2, high: 7 };
/**
 * The numbers of a sweep that a visitor sets, but for those that are swept.
 * @type {readonly ['ipc', 'steps', 'cfg_scale', 'seed']}
 */
export const NUMBERS = ['ipc', 'steps', 'cfg_scale', 'seed'];
/** Those that may be swept, in words, and the ends that they begin with. */
const SWEPT = /** @type {const} */ ([
  ['cfg_scale', 'Class guidance (CFG)', [1, 4]],
  ['steps', 'Steps', [5, 25]],
  ['ipc', 'Images', [5, 20]],
]);
const FAR = 4; // times the usual value of a setting, at the far end of its axis

/**
 * @typedef {object} Dial
 * @property {string} key
 * @property {string} title
 * @property {string} about
 * @property {number} low
 * @property {number} high
 * @property {boolean} whole
 * @property {readonly [number, number]} ends that an axis of it begins with
 */

/** @type {{ sweep: Sweep | null, menu: Menu | null }} */
export const setting = { sweep: null, menu: null };

/**
 * Takes another sweep.
 * @param {Sweep} sweep
 */
export function arrange(sweep) {
  setting.sweep = sweep;
  say('sweep', sweep);
}

/** @param {Partial<Sweep>} changes */
export function change(changes) {
  if (setting.sweep) arrange({ ...setting.sweep, ...changes, run: false });
}

/**
 * What may be swept of these methods.
 * @param {Menu} menu
 * @param {string} method as "dap+diversity"
 * @returns {Dial[]}
 */
export function dialsOf({ methods, bounds }, method) {
  const chosen = method.split('+');
  const dials = SWEPT.map(([key, title, ends]) => {
    const [low, high] = bounds[key];
    return { key, title, about: '', low, high, whole: key !== 'cfg_scale', ends };
  });
  const sampled = !chosen.includes('random'); // real images are the same at any number of steps
  const own = methods
    .filter(({ name }) => chosen.includes(name))
    .flatMap(({ title: name, knobs }) =>
      knobs.flatMap(({ key, title, about, kind, low, high, usual }) => {
        if ((kind !== 'number' && kind !== 'whole') || low === null || high === null) return [];
        const far = Math.min(high, FAR * Number(usual));
        const ends = /** @type {[number, number]} */ ([low, far > low ? far : high]);
        return [
          { key, title: `${name}: ${title}`, about, low, high, whole: kind === 'whole', ends },
        ];
      }),
    );
  return [...dials.filter(({ key }) => sampled || key === 'ipc'), ...own];
}

/**
 * An axis of a dial, as it begins.
 * @param {Dial} dial
 * @returns {SweepAxis}
 */
export function axisOf({ key, ends: [low, high] }) {
  return { key, low, high, count: 4 };
}

/**
 * The axes after the dials on offer have changed: those that are still there, or the first dial.
 * @param {readonly SweepAxis[]} axes
 * @param {readonly Dial[]} dials
 * @returns {readonly SweepAxis[]}
 */
export function keptAxes(axes, dials) {
  const left = axes.filter(({ key }) => dials.some((dial) => dial.key === key));
  return left.length ? left : [axisOf(dials[0])];
}

/**
 * The axes with another dial on one of them, or none: then the axis goes. A dial that the other
 * axis has changes places with this one's.
 * @param {readonly SweepAxis[]} axes
 * @param {number} place
 * @param {Dial | null} dial
 * @returns {readonly SweepAxis[]}
 */
export function withDial(axes, place, dial) {
  if (!dial) return axes.length > 1 ? axes.filter((_, k) => k !== place) : axes;
  const other = axes.findIndex(({ key }) => key === dial.key);
  if (other >= 0 && other !== place) return place < axes.length ? [...axes].reverse() : axes;
  const made = axisOf(dial);
  return place < axes.length ? axes.map((axis, k) => (k === place ? made : axis)) : [...axes, made];
}

/**
 * The parameters of a link to a sweep, as `viz.sweep.grid` reads them.
 * @param {Sweep} sweep
 * @param {Menu} menu
 * @returns {Record<string, string>}
 */
export function queryOf(sweep, { datasets }) {
  const { dataset, label, method, axes } = sweep;
  const classes = datasets.find(({ name }) => name === dataset)?.classes ?? [];
  /** @type {Record<string, string>} */
  const query = { tab: 'sweep', dataset, classes: classes[label], method };
  for (const key of NUMBERS)
    if (!axes.some((axis) => axis.key === key)) query[key] = String(sweep[key]);
  for (const [k, { key, low, high, count }] of axes.entries()) {
    const side = 'xy'[k];
    Object.assign(query, { [side]: key, [`${side}.low`]: String(low) });
    Object.assign(query, { [`${side}.high`]: String(high), [`${side}.count`]: String(count) });
  }
  return query;
}
