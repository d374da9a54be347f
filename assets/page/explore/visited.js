// @ts-check
// The runs of a visit: what is kept of them, and how they are called. Nothing here draws.

/** @import { Run } from '../payloads.d.ts' */

/**
 * @typedef {object} Visited
 * @property {string} key tells one run from another
 * @property {Run} run
 * @property {string} name
 * @property {boolean} pinned
 */

export const KEPT = 12; // runs that are not pinned

/**
 * What tells a run from another: its link, and its id where a dial was moved.
 * @param {Run} run
 */
export function keyOf({ query, moved, id }) {
  return JSON.stringify([Object.entries(query).sort(), moved ? id : '']);
}

/**
 * What a run is called until it is renamed.
 * @param {Run} run
 */
export function nameOf({ class: label, query }) {
  return `${label}: ${query.method}`;
}

/**
 * The rest of its settings, in words.
 * @param {Run} run
 */
export function settingsOf({ n, query, moved }) {
  const plain = ['dataset', 'method', 'classes', 'ipc', 'steps', 'cfg_scale', 'seed'];
  if (query.sampler === 'ddim') plain.push('sampler');
  const others = Object.entries(query).filter(([key]) => !plain.includes(key));
  return [
    `${n} images`,
    `${query.steps} steps`,
    `CFG ${query.cfg_scale}`,
    `seed ${query.seed}`,
    ...others.map(([key, value]) => `${key} ${value}`),
    ...(moved ? ['a dial was moved'] : []),
  ].join(' · ');
}

/**
 * The runs with one more, which stands first. One that is there already takes its name and pin with
 * it; the oldest of those that are not pinned make way.
 * @param {readonly Visited[]} runs
 * @param {Run} run
 * @returns {Visited[]}
 */
export function visit(runs, run) {
  const key = keyOf(run);
  const before = runs.find((each) => each.key === key);
  const entry = { key, name: nameOf(run), pinned: false, ...before, run };
  let free = entry.pinned ? 0 : 1;
  const others = runs.filter((each) => each.key !== key);
  return [entry, ...others.filter(({ pinned }) => pinned || ++free <= KEPT)];
}

/**
 * The runs as they stand: pinned ones first.
 * @param {readonly Visited[]} runs
 */
export function arranged(runs) {
  return [...runs.filter(({ pinned }) => pinned), ...runs.filter(({ pinned }) => !pinned)];
}

/**
 * The runs with one of them changed; an empty name is that it had first.
 * @param {readonly Visited[]} runs
 * @param {string} key
 * @param {{ name?: string, pinned?: boolean }} changes
 * @returns {Visited[]}
 */
export function changed(runs, key, changes) {
  return runs.map((each) => {
    if (each.key !== key) return each;
    const next = { ...each, ...changes };
    return { ...next, name: next.name.trim() || nameOf(each.run) };
  });
}
