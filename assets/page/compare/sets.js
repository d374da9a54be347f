// @ts-check
// Whole sets: how far the lanes are, and what is fetched of them. It changes here alone, and is
// said on the bus.

/** @import { Cell, Means, Row, Table, Whole, WholeLane } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { shared } from '../state.js';
import { sameSet } from '../values/ranking.js';

/**
 * What the server is asked for.
 * @typedef {object} Server
 * @property {(asked: [string, number, number]) => Promise<Cell | null>} cell
 * @property {(id: string) => Promise<Means | null>} means
 * @property {(asked: [string, string]) => Promise<string[] | null>} sentences
 */

/**
 * @typedef {object} Sets
 * @property {Whole | null} whole
 * @property {'' | 'stopped' | 'failed'} ended how it ended before its time
 * @property {Map<string, Cell | null>} cells by lane and class; null could not be fetched
 * @property {Means | null} means
 * @property {string} key of the score that is looked at
 * @property {readonly string[]} words what that score says of the lanes
 * @property {number | null} label the class that is marked
 * @property {number | null} over the class that the mouse or the focus is on
 */

/** @type {Sets} */
export const sets = {
  whole: null,
  ended: '',
  cells: new Map(),
  means: null,
  key: 'latents.coverage',
  words: [],
  label: null,
  over: null,
};
const NOBODY = { label: null, over: null };
let fetching = false;
/** @type {Server | null} */
let asks = null;
/** Of which score, over how many classes, the words are. */
let worded = '';

/**
 * @param {number} slot
 * @param {number} label
 */
export const cellOf = (slot, label) => sets.cells.get(`${slot} ${label}`) ?? null;

/** The class that is looked at: that beneath the mouse, else the marked one. */
export const browsed = () => sets.over ?? sets.label;

/**
 * Looks at a class.
 * @param {Partial<Pick<Sets, 'label' | 'over'>>} changes
 */
export function browse(changes) {
  const before = browsed();
  Object.assign(sets, changes);
  if (before !== browsed() || 'label' in changes) say('browse', undefined);
}

/** Whether it goes on. */
export const goesOn = () => Boolean(sets.whole?.live && !sets.ended);

/**
 * Takes how far the lanes are.
 * @param {Whole | null} whole
 * @param {Server} server
 */
export function takeSets(whole, server) {
  if (!whole || whole === sets.whole) return;
  if (whole.id !== sets.whole?.id) {
    say('followed', { run: 'whole', id: whole.id });
    Object.assign(sets, { ended: '', cells: new Map(), means: null, words: [], ...NOBODY });
  }
  sets.whole = whole;
  asks = server;
  say('whole', undefined);
  fetchAll(server);
}

/**
 * Looks at another score.
 * @param {string} key
 * @param {Server} server
 */
export function lookAtScore(key, server) {
  sets.key = key;
  sets.words = [];
  say('whole', undefined);
  fetchAll(server);
}

/**
 * Fetches what is made and not here yet, one after the other.
 * @param {Server} server
 */
export async function fetchAll(server) {
  if (fetching) return;
  fetching = true;
  while (await fetchNext(server)) say('whole', undefined);
  fetching = false;
}

/**
 * @param {Server} server
 * @returns {Promise<boolean>} whether there was something to fetch
 */
async function fetchNext(server) {
  const { whole, cells, key } = sets;
  if (!whole) return false;
  for (const { slot, made } of whole.lanes)
    for (const label of made)
      if (!cells.has(`${slot} ${label}`)) {
        cells.set(`${slot} ${label}`, await asked(server.cell([whole.id, slot, label])));
        return true;
      }
  const common = commonOf(whole.lanes);
  if ((sets.means?.classes.length ?? 0) < common) {
    const means = await asked(server.means(whole.id));
    if (!means || whole.id !== sets.whole?.id) return false;
    sets.means = means;
    return true;
  }
  const wanted = `${whole.id} ${key} ${common}`;
  if (!common || goesOn() || worded === wanted) return false;
  worded = wanted;
  const words = await asked(server.sentences([whole.id, key]));
  if (key === sets.key && whole.id === sets.whole?.id) sets.words = words ?? [];
  return true;
}

/**
 * An answer; null where there is none, which is shown where it is missed.
 * @template T
 * @param {Promise<T | null>} answer
 */
async function asked(answer) {
  try {
    return await answer;
  } catch {
    return null;
  }
}

/**
 * How many classes all lanes have, of those that have any.
 * @param {readonly WholeLane[]} lanes
 */
function commonOf(lanes) {
  const [first = [], ...rest] = lanes.map(({ made }) => made).filter(({ length }) => length);
  return first.filter((label) => rest.every((made) => made.includes(label))).length;
}

/**
 * The accuracies of nets that were trained on these sets: a row of a table for each slot.
 * @returns {{ table: Table, rows: Map<number, Row> }[]}
 */
export function accuracies() {
  const { whole } = sets;
  if (!whole) return [];
  return (shared.evaluation?.tables ?? []).flatMap((table) => {
    /** @type {Map<number, Row>} */
    const rows = new Map();
    for (const { slot, link } of whole.lanes) {
      const row = table.rows.find((one) => sameSet(one.link, link));
      if (row) rows.set(slot, row);
    }
    if (!rows.size) return [];
    const real = table.rows.find(
      ({ kind, images }) => kind === 'random' && images === String(whole.n),
    );
    for (const lane of whole.lanes) if (lane.real && real) rows.set(lane.slot, real);
    return [{ table, rows }];
  });
}

on('end', ({ run, how }) => {
  if (run !== 'whole' || how === 'ended' || !sets.whole?.live) return;
  sets.ended = how;
  say('whole', undefined);
  if (asks) fetchAll(asks);
});
