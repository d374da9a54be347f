// @ts-check
// What the lanes show, by their slots: how they wait or go on, and what came of them. It changes
// here alone, and is said on the bus.

/** @import { Done, Lanes, Race, Run, Step, Told, Waiting } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { keyOf, setting } from './lineup.js';

/** @typedef {Waiting | Step | Run} Shown */

/**
 * @typedef {object} Result
 * @property {Shown | null} shown the newest
 * @property {string} key of the settings that it was asked for with
 * @property {string} notice why it ended before its time, or nothing
 */

/** @type {Map<number, Result>} */
export const results = new Map();
/** @type {{ told: Told | null, going: boolean }} */
export const state = { told: null, going: false };
/** @type {Set<string>} ids of comparisons that were stopped or failed */
const stopped = new Set();
/** @type {string | null} id of the comparison that is shown */
let current = null;
/** @type {Map<number, string>} what the lanes of the comparison that begins were asked for with */
let asked = new Map();
/** @type {Map<number, string>} what a lane was told to show last, in short */
const seen = new Map();
/** @type {Set<number>} slots of lanes that are done and whose runs are on their way */
const fetching = new Set();

/** Whether lanes are still to come: they are made, or their runs are on their way to the screen. */
export const goesOn = () => state.going || fetching.size > 0;

/** A comparison begins: what it shows was asked for with these settings. */
function begin() {
  const { lineup } = setting;
  if (!lineup) return;
  asked = new Map(lineup.lanes.map((lane) => [lane.slot, keyOf(lineup, lane)]));
  for (const [slot, { key }] of results)
    if (!asked.has(slot) || asked.get(slot) !== key) results.delete(slot);
  for (const [slot, key] of asked)
    if (!results.has(slot)) results.set(slot, { shown: null, key, notice: '' });
  state.going = true;
  say('lanes', null);
}

/**
 * Takes how the lanes of a comparison stand.
 * @param {Race | null} race
 * @param {(token: string) => Promise<Run>} fetch fetches a finished run
 */
export function take(race, fetch) {
  if (!race) return;
  if (stopped.has(race.id)) return takeMade(race, fetch);
  if (race.id !== current) {
    current = race.id;
    begin();
    say('followed', { run: 'compare', id: race.id });
  }
  for (const [slot, shown] of Object.entries(race.lanes)) takeLane(Number(slot), shown, fetch);
  if (JSON.stringify(race.told) === JSON.stringify(state.told)) return;
  state.told = race.told;
  say('lanes', null);
}

/**
 * Takes of a comparison that was stopped the lanes whose images were made by then: they are scored.
 * @param {Race} race
 * @param {(token: string) => Promise<Run>} fetch
 */
function takeMade(race, fetch) {
  if (race.id !== current) return;
  for (const [key, shown] of Object.entries(race.lanes)) {
    const before = results.get(Number(key))?.shown;
    const made = before?.live && 'made' in before && before.made;
    if (made && !shown.live) takeLane(Number(key), shown, fetch);
  }
  state.told = race.told;
  say('lanes', null);
}

/**
 * @param {number} slot
 * @param {Waiting | Step | Done} shown
 * @param {(token: string) => Promise<Run>} fetch
 */
async function takeLane(slot, shown, fetch) {
  const key = asked.get(slot);
  const before = results.get(slot);
  const signature = signatureOf(shown);
  if (key === undefined || signature === seen.get(slot)) return;
  seen.set(slot, signature);
  if (shown.live) {
    // A lane that is made again with the same settings shows what it had until it is there.
    const had = before?.shown && !before.shown.live && before.key === key;
    if (!had || ('failed' in shown && shown.failed)) put(slot, key, shown);
    return;
  }
  /** @type {Shown} */
  let come = { live: true, failed: true, words: 'These images could not be fetched.' };
  fetching.add(slot);
  try {
    come = (await fetch(shown.token)) ?? come;
  } catch {
    // the lane says so
  }
  if (asked.get(slot) === key && seen.get(slot) === signature) put(slot, key, come);
  await drawn();
  fetching.delete(slot);
  if (!goesOn()) say('lanes', null);
}

/** Once what was put is drawn: the map takes a while to look at all its points after that. */
const drawn = () =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

/**
 * What tells what a lane shows from what it showed before.
 * @param {Waiting | Step | Done} shown
 */
function signatureOf(shown) {
  if (!shown.live) return shown.token;
  const step = 'step' in shown ? `${shown.stage} ${shown.step}` : '';
  return `${current} ${shown.words ?? ''} ${step}`;
}

/**
 * @param {number} slot
 * @param {string} key
 * @param {Shown} shown
 */
function put(slot, key, shown) {
  const { lineup } = setting;
  if ('label' in shown && shown.label !== null && shown.label !== lineup?.label) return;
  results.set(slot, { shown, key, notice: '' });
  say('lanes', slot);
}

/**
 * Shows a comparison that ships with the page, unless something else was asked for.
 * @param {Lanes} lanes
 */
export function takeShipped({ lineup, runs, told }) {
  for (const lane of lineup.lanes) {
    const run = runs[lane.slot];
    if (run) results.set(lane.slot, { shown: run, key: keyOf(lineup, lane), notice: '' });
  }
  state.told = told;
  say('lanes', null);
}

/**
 * What the lanes show at a moment, to be brought back later.
 * @typedef {object} Held
 * @property {ReadonlyMap<number, Result>} results
 * @property {Told | null} told
 */

/** @returns {Held} */
export const held = () => ({ results: new Map(results), told: state.told });

/**
 * Shows again what the lanes showed at a moment, but for what was still on its way then.
 * @param {Held} held
 */
export function bring({ results: before, told }) {
  clear();
  for (const [slot, result] of before)
    if (result.shown && !result.shown.live) results.set(slot, result);
  state.told = told;
  say('lanes', null);
}

/** What lanes show that are of another class or data set goes. */
export function clear() {
  results.clear();
  state.told = null;
  if (current) stopped.add(current);
  say('lanes', null);
}

on('end', ({ run, how }) => {
  if (run !== 'compare') return;
  state.going = false;
  if (how !== 'ended' && current) stopped.add(current);
  for (const [slot, result] of results)
    if (!fetching.has(slot) && (!result.shown || result.shown.live))
      halt(result, how === 'failed' ? 'failed' : 'stopped');
  say('lanes', null);
});

/**
 * @param {Result} result
 * @param {string} how
 */
function halt(result, how) {
  const { shown } = result;
  if (shown && 'failed' in shown && shown.failed) return;
  if (how === 'stopped' && shown && 'made' in shown && shown.made) return; // it is scored yet
  const at = shown && 'step' in shown ? ` at step ${shown.step} of ${shown.steps}` : '';
  if (!result.notice) result.notice = how + at;
}

/**
 * The finished run of a lane, if it is that of a slot's present class.
 * @param {number} slot
 * @returns {Run | null}
 */
export function runOf(slot) {
  const shown = results.get(slot)?.shown;
  return shown && !shown.live ? shown : null;
}

/**
 * What a lane has to show in pictures.
 * @param {number} slot
 * @returns {Run | Step | null}
 */
export function picturesOf(slot) {
  const shown = results.get(slot)?.shown;
  return shown && !('failed' in shown) ? shown : null;
}
