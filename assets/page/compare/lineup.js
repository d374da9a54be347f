// @ts-check
// What is compared: a class, a seed, and lanes of methods. It changes here alone, and is said on
// the bus. Each lane keeps its slot, and so its mark, as long as it is there.

/** @import { Ingredient, Knob, Lane, Lineup, Menu, Run } from '../payloads.d.ts' */

import { say } from '../bus.js';

export const FEWEST = 2;
export const MOST = 6;
/** The numbers of a lineup that a visitor sets. @type {readonly ['ipc', 'steps', 'seed']} */
export const NUMBERS = ['ipc', 'steps', 'seed'];

/** The sampler of lineups that name none. */
const SAMPLER = 'ddim';

/** @type {{ lineup: Lineup | null, menu: Menu | null }} */
export const setting = { lineup: null, menu: null };

/**
 * Takes another lineup.
 * @param {Lineup} lineup
 */
export function arrange(lineup) {
  setting.lineup = lineup;
  say('lineup', lineup);
}

/** Compare is to be as it is before anything is arranged. */
export function disarrange() {
  setting.lineup = null;
  say('fresh', undefined);
}

/** @param {Partial<Lineup>} changes */
export function rearrange(changes) {
  if (setting.lineup) arrange({ ...setting.lineup, ...changes, run: false });
}

/**
 * The lowest slot that is free; -1 where there is none.
 * @param {readonly Lane[]} lanes
 */
export function freeSlot(lanes) {
  const taken = new Set(lanes.map(({ slot }) => slot));
  return Array.from({ length: MOST }, (_, slot) => slot).findIndex((slot) => !taken.has(slot));
}

/**
 * The lanes with one more of these settings, behind the others; the same where all slots are taken.
 * @param {readonly Lane[]} lanes
 * @param {Omit<Lane, 'slot'>} lane
 * @returns {readonly Lane[]}
 */
export function withLane(lanes, lane) {
  const slot = freeSlot(lanes);
  return slot < 0 ? lanes : [...lanes, { ...lane, slot }];
}

/**
 * The lanes without that of a slot; the same where there would be too few.
 * @param {readonly Lane[]} lanes
 * @param {number} slot
 */
export function without(lanes, slot) {
  return lanes.length > FEWEST ? lanes.filter((lane) => lane.slot !== slot) : lanes;
}

/**
 * The lanes with one of them changed.
 * @param {readonly Lane[]} lanes
 * @param {number} slot
 * @param {Partial<Lane>} changes
 */
export function withChange(lanes, slot, changes) {
  return lanes.map((lane) => (lane.slot === slot ? { ...lane, ...changes } : lane));
}

/**
 * The methods of a lane after one was switched on or off: some stand alone, the last click decides.
 * @param {string} method as "dap+diversity"
 * @param {string} clicked
 * @param {readonly string[]} alone
 */
export function toggled(method, clicked, alone) {
  const chosen = method.split('+');
  if (chosen.includes(clicked)) {
    const rest = chosen.filter((name) => name !== clicked);
    return rest.length ? rest.join('+') : 'dit';
  }
  if (alone.includes(clicked)) return clicked;
  return [...chosen.filter((name) => !alone.includes(name)), clicked].join('+');
}

/**
 * As many steps as the methods of a lane need, if there are fewer.
 * @param {string} method as "dap+diversity"
 * @param {number} steps
 * @param {readonly Ingredient[]} methods
 */
export function neededSteps(method, steps, methods) {
  const chosen = method.split('+');
  const needs = methods.filter(({ name }) => chosen.includes(name));
  return Math.max(steps, ...needs.map(({ fewest_steps }) => fewest_steps));
}

/**
 * The options of those methods that a lane has.
 * @param {Lane['options']} options
 * @param {string} method
 */
export function optionsOf(options, method) {
  const chosen = method.split('+');
  return Object.fromEntries(
    Object.entries(options).filter(([key]) => chosen.includes(key.split('.')[0])),
  );
}

/**
 * What decides what a lane shows: its settings and what it shares.
 * @param {Lineup} lineup
 * @param {Lane} lane
 */
export function keyOf(lineup, { method, cfg_scale, options }) {
  const { dataset, label, ipc, steps, seed } = lineup;
  const own = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  const way = Object.values(wayOf(lineup));
  return JSON.stringify([dataset, label, ipc, steps, seed, method, cfg_scale, own, ...way]);
}

/**
 * How all lanes are sampled, of a lineup or a link, where it is not as usual.
 * @param {Readonly<{ sampler?: string, cfg_between?: string }>} given
 * @returns {{ sampler?: string, cfg_between?: string }}
 */
export function wayOf({ sampler, cfg_between }) {
  return {
    ...(sampler && sampler !== SAMPLER ? { sampler } : {}),
    ...(cfg_between ? { cfg_between } : {}),
  };
}

/**
 * The parameters of a link to a lineup, as `viz.compare.lineup` reads them.
 * @param {Lineup} lineup
 * @param {Menu} menu
 * @returns {Record<string, string>}
 */
export function queryOf(lineup, { datasets }) {
  const classes = datasets.find(({ name }) => name === lineup.dataset)?.classes ?? [];
  /** @type {Record<string, string>} */
  const query = {
    tab: 'compare',
    dataset: lineup.dataset,
    classes: classes[lineup.label],
    ...Object.fromEntries(NUMBERS.map((key) => [key, String(lineup[key])])),
    ...wayOf(lineup),
  };
  for (const [k, { method, cfg_scale, options }] of lineup.lanes.entries()) {
    const name = `lane${k + 1}`;
    query[name] = method;
    if (cfg_scale !== null) query[`${name}.cfg_scale`] = String(cfg_scale);
    for (const [key, value] of Object.entries(options)) query[`${name}.${key}`] = String(value);
  }
  return query;
}

/**
 * The lane that a run of Explore would be, from the parameters of its link.
 * @param {Readonly<Record<string, string>>} query
 * @param {Menu} menu
 * @returns {Omit<Lane, 'slot'>}
 */
export function laneOf({ dataset, method, cfg_scale, ...rest }, { datasets, methods }) {
  const usual = datasets.find(({ name }) => name === dataset)?.cfg_scale;
  const knobs = new Map(methods.flatMap((one) => one.knobs.map((knob) => [knob.key, knob])));
  /** @type {Record<string, string | number | boolean>} */
  const options = {};
  for (const [key, text] of Object.entries(rest)) {
    const knob = knobs.get(key);
    if (knob) options[key] = parsed(knob, text);
  }
  const scale = cfg_scale === undefined ? null : Number(cfg_scale);
  return { method, cfg_scale: scale === usual ? null : scale, options };
}

/**
 * The lineup with a run of Explore as one more lane; of another class, a new one beside random real
 * images. Where all slots are taken the run takes that of the last lane.
 * @param {Lineup} lineup
 * @param {Pick<Run, 'query' | 'dataset' | 'label' | 'n'>} run
 * @param {Menu} menu
 * @returns {Lineup}
 */
export function lineupWith(lineup, { query, dataset, label, n }, menu) {
  const own = laneOf(query, menu);
  const same = lineup.dataset === dataset && lineup.label === label && lineup.lanes.length > 0;
  const lanes = same ? lineup.lanes : [{ slot: 0, method: 'random', cfg_scale: null, options: {} }];
  const more = withLane(lanes, own);
  const { slot } = lanes[lanes.length - 1];
  return {
    dataset,
    label,
    ipc: n,
    steps: Number(query.steps ?? lineup.steps),
    seed: Number(query.seed ?? lineup.seed),
    ...wayOf(query),
    lanes: more === lanes ? [...lanes.slice(0, -1), { ...own, slot }] : more,
  };
}

/**
 * The lineup of a link, as `queryOf` writes it.
 * @param {Readonly<Record<string, string>>} query
 * @param {Menu} menu
 * @returns {Lineup}
 */
export function lineupOf(query, menu) {
  const { dataset } = query;
  const classes = menu.datasets.find(({ name }) => name === dataset)?.classes ?? [];
  const lanes = Array.from({ length: MOST }, (_, slot) => slot).flatMap((slot) => {
    const name = `lane${slot + 1}`;
    const own = Object.entries(query).filter(([key]) => key.startsWith(`${name}.`));
    const rest = Object.fromEntries(own.map(([key, value]) => [key.slice(name.length + 1), value]));
    return name in query
      ? [{ ...laneOf({ ...rest, dataset, method: query[name] }, menu), slot }]
      : [];
  });
  const [ipc, steps, seed] = NUMBERS.map((key) => Number(query[key]));
  const label = Math.max(0, classes.indexOf(query.classes));
  return { dataset, label, ipc, steps, seed, ...wayOf(query), lanes };
}

/**
 * A lineup with the lanes of another that it does not have yet, and the numbers of that; of another
 * data set the other alone. Where all slots are taken the last lane makes way.
 * @param {Lineup} lineup
 * @param {Lineup} other
 * @returns {Lineup}
 */
export function joined(lineup, other) {
  if (lineup.dataset !== other.dataset || !lineup.lanes.length) return other;
  const { label } = lineup;
  const had = new Set(lineup.lanes.map((lane) => keyOf(lineup, lane)));
  const lanes = other.lanes
    .filter((lane) => !had.has(keyOf(lineup, lane)))
    .reduce(
      (all, lane) => withLane(freeSlot(all) < 0 ? all.slice(0, -1) : all, lane),
      lineup.lanes,
    );
  return { ...other, label, lanes };
}

/**
 * A hyperparameter's value from its text.
 * @param {Knob} knob
 * @param {string} text
 */
export function parsed({ kind }, text) {
  if (kind === 'flag') return text.toLowerCase() === 'true';
  return kind === 'choice' ? text : Number(text);
}

/**
 * The titles of a lane's methods.
 * @param {Lane} lane
 */
export function titleOf({ method }) {
  const titles = new Map(setting.menu?.methods.map(({ name, title }) => [name, title]));
  return method
    .split('+')
    .map((name) => titles.get(name) ?? name)
    .join(' + ');
}

/**
 * A lane's settings in words: those that are not as usual, and the class guidance.
 * @param {Lane} lane
 */
export function settingsOf({ method, cfg_scale, options }) {
  if (method === 'random') return 'drawn by chance';
  const { sampler, cfg_between: times } = setting.lineup ?? {};
  const usual = setting.menu?.datasets.find(({ name }) => name === setting.lineup?.dataset);
  const scale = cfg_scale ?? usual?.cfg_scale;
  const words = scale === undefined ? [] : [`CFG ${scale}${times ? ` in ${times}` : ''}`];
  if (sampler) words.push(sampler);
  for (const [key, value] of Object.entries(options))
    words.push(`${key.split('.')[1].replaceAll('_', ' ')} ${value}`);
  return words.join(' · ');
}
