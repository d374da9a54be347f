// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  freeSlot,
  joined,
  keyOf,
  laneOf,
  lineupOf,
  lineupWith,
  neededSteps,
  optionsOf,
  queryOf,
  toggled,
  wayOf,
  withChange,
  withLane,
  without,
} from '../../assets/page/compare/lineup.js';
import { difference, frameAt } from '../../assets/page/values/difference.js';
import { coveredBy } from '../../assets/page/values/gap.js';

/** @import { Lineup, Menu } from '../../assets/page/payloads.d.ts' */

const lane = { method: 'dit', cfg_scale: null, options: {} };
/** @param {...number} slots */
const lanes = (...slots) => slots.map((slot) => ({ ...lane, slot }));
const knob = { title: '', about: '', low: 0, high: 5, choices: [] };
/** @type {Menu} */
const menu = {
  bounds: { ipc: [1, 5000], steps: [1, 1000], seed: [0, 9], cfg_scale: [0, 30] },
  datasets: [{ name: 'digits', title: 'Digits', classes: ['zero', 'one'], cfg_scale: 1.5 }],
  methods: [
    {
      name: 'dap',
      title: 'DAP',
      about: '',
      alone: false,
      fewest_steps: 1,
      knobs: [
        { ...knob, key: 'dap.gamma', kind: 'number', usual: 0.3 },
        { ...knob, key: 'dap.kernel', kind: 'choice', usual: 'rbf' },
        { ...knob, key: 'dap.mean', kind: 'flag', usual: false },
      ],
    },
  ],
};
/** @type {Lineup} */
const lineup = { dataset: 'digits', label: 1, ipc: 4, steps: 6, seed: 2, lanes: lanes(0, 2) };

test('a lane keeps its slot, and a new one takes the lowest that is free', () => {
  assert.equal(freeSlot(lanes(0, 1, 3)), 2);
  assert.deepEqual(
    withLane(lanes(0, 2), lane).map(({ slot }) => slot),
    [0, 2, 1],
  );
  const full = lanes(0, 1, 2, 3, 4, 5);
  assert.equal(withLane(full, lane), full);
});

test('two lanes stay, however many are removed', () => {
  assert.deepEqual(without(lanes(0, 1, 2), 1), lanes(0, 2));
  assert.equal(without(lanes(0, 1), 1).length, 2);
});

test('a change is of one lane', () => {
  const changed = withChange(lanes(0, 2), 2, { method: 'dap' });
  assert.deepEqual(
    changed.map(({ method }) => method),
    ['dit', 'dap'],
  );
});

test('methods stack, but for those that stand alone', () => {
  const alone = ['random', 'dit'];
  assert.equal(toggled('dit', 'dap', alone), 'dap');
  assert.equal(toggled('dap', 'mmd', alone), 'dap+mmd');
  assert.equal(toggled('dap+mmd', 'random', alone), 'random');
  assert.equal(toggled('dap+mmd', 'dap', alone), 'mmd');
  assert.equal(toggled('dap', 'dap', alone), 'dit');
});

test('a lane has as many steps as its methods need, and no fewer than there are', () => {
  const needing = (/** @type {string} */ name, /** @type {number} */ fewest_steps) => ({
    ...menu.methods[0],
    name,
    fewest_steps,
  });
  const methods = [needing('dap', 1), needing('igd', 20)];
  assert.equal(neededSteps('dap', 8, methods), 8);
  assert.equal(neededSteps('dap+igd', 8, methods), 20);
  assert.equal(neededSteps('igd', 50, methods), 50);
  assert.equal(neededSteps('', 8, methods), 8);
});

test('options go with their method', () => {
  const options = { 'dap.gamma': 1, 'mmd.strength': 2 };
  assert.deepEqual(optionsOf(options, 'mmd+diversity'), { 'mmd.strength': 2 });
});

test('what a lane shows depends on its settings, in whatever order, and on what is shared', () => {
  const [a, b] = [
    { 'dap.gamma': 1, 'dap.kernel': 'rbf' },
    { 'dap.kernel': 'rbf', 'dap.gamma': 1 },
  ].map((options) => keyOf(lineup, { ...lane, slot: 0, options }));
  assert.equal(a, b);
  assert.equal(
    a,
    keyOf(
      { ...lineup, lanes: [] },
      { ...lane, slot: 3, options: { 'dap.gamma': 1, 'dap.kernel': 'rbf' } },
    ),
  );
  assert.notEqual(a, keyOf({ ...lineup, seed: 3 }, { ...lane, slot: 0 }));
});

test('a lineup is sampled as the run that became a lane, and its link says so', () => {
  const query = { dataset: 'digits', method: 'dap', steps: '8', seed: '2', sampler: 'dpm++' };
  const run = { query: { ...query, cfg_between: '100-800' }, dataset: 'digits', label: 1, n: 4 };
  const more = lineupWith(lineup, run, menu);
  const way = { sampler: 'dpm++', cfg_between: '100-800' };
  assert.deepEqual(wayOf(more), way);
  const link = queryOf(more, menu);
  assert.deepEqual({ ...link, ...way }, link);
  assert.deepEqual(wayOf(lineupOf(link, menu)), way);
  assert.notEqual(keyOf(lineup, lineup.lanes[0]), keyOf({ ...lineup, ...way }, lineup.lanes[0]));
  const usual = lineupWith(more, { ...run, query: { ...query, sampler: 'ddim' } }, menu);
  assert.deepEqual(wayOf(usual), {});
});

test('a link has plain parameters, lanes by their numbers', () => {
  const own = withChange(lineup.lanes, 2, {
    method: 'dap',
    cfg_scale: 3,
    options: { 'dap.gamma': 0.5 },
  });
  assert.deepEqual(queryOf({ ...lineup, lanes: own }, menu), {
    tab: 'compare',
    dataset: 'digits',
    classes: 'one',
    ipc: '4',
    steps: '6',
    seed: '2',
    lane1: 'dit',
    lane2: 'dap',
    'lane2.cfg_scale': '3',
    'lane2.dap.gamma': '0.5',
  });
});

test('a run of Explore is a lane', () => {
  const query = { dataset: 'digits', method: 'dap', cfg_scale: '1.5', ipc: '10', seed: '1' };
  const options = { 'dap.gamma': '0.5', 'dap.kernel': 'linear', 'dap.mean': 'True' };
  assert.deepEqual(laneOf({ ...query, ...options }, menu), {
    method: 'dap',
    cfg_scale: null,
    options: { 'dap.gamma': 0.5, 'dap.kernel': 'linear', 'dap.mean': true },
  });
  assert.equal(laneOf({ ...query, cfg_scale: '3' }, menu).cfg_scale, 3);
});

test('a run of Explore joins the lanes of its class, or begins a new lineup', () => {
  const run = {
    dataset: 'digits',
    label: 1,
    n: 5,
    query: { dataset: 'digits', method: 'dap', steps: '9' },
  };
  const joined = lineupWith(lineup, run, menu);
  assert.deepEqual(
    joined.lanes.map(({ slot, method }) => [slot, method]),
    [
      [0, 'dit'],
      [2, 'dit'],
      [1, 'dap'],
    ],
  );
  assert.deepEqual([joined.ipc, joined.steps, joined.seed], [5, 9, 2]);
  const other = lineupWith(lineup, { ...run, label: 0 }, menu);
  assert.deepEqual(
    other.lanes.map(({ method }) => method),
    ['random', 'dap'],
  );
  const full = lineupWith({ ...lineup, lanes: lanes(0, 1, 2, 3, 4, 5) }, run, menu);
  assert.deepEqual([full.lanes.length, full.lanes[5].method, full.lanes[5].slot], [6, 'dap', 5]);
});

test('one set covers what another does not, the farthest first', () => {
  const reach = new Float32Array([1, 1, 1, 1]);
  const a = { distance: new Float32Array([0.5, 1, 2, 0.5]), reach };
  const b = { distance: new Float32Array([2, 3, 9, 1]), reach };
  assert.deepEqual(coveredBy(a, b), [1, 0]);
  assert.deepEqual(coveredBy(b, a), []);
});

test('a difference is zero of equal images, and all of black and white', () => {
  const black = new Uint8ClampedArray([0, 0, 0, 255, 0, 0, 0, 255]);
  const white = new Uint8ClampedArray([255, 255, 255, 255, 255, 255, 255, 255]);
  const near = new Uint8ClampedArray([51, 0, 0, 255, 0, 0, 0, 255]);
  assert.equal(difference(black, black).mean, 0);
  assert.equal(difference(black, white).mean, 100);
  const { pixels, mean } = difference(near, black);
  assert.ok(Math.abs(mean - 100 / 30) < 1e-9); // a fifth of one of six values
  assert.deepEqual([...pixels], [102, 0, 0, 255, 0, 0, 0, 255]); // twice as bright
});

test('films of any length begin and end together', () => {
  assert.deepEqual(
    [frameAt(0, 12), frameAt(1, 12), frameAt(0.5, 12), frameAt(0.7, 1)],
    [0, 11, 6, 0],
  );
});

test('a link to a comparison is read as it was written', () => {
  const own = { slot: 1, method: 'dap', cfg_scale: 3, options: { 'dap.gamma': 0.5 } };
  const asked = { ...lineup, lanes: [...lanes(0), own] };
  assert.deepEqual(lineupOf(queryOf(asked, menu), menu), asked);
});

test('the lanes of a link join those of its data set, each once and with the numbers of the link', () => {
  const other = { ...lineup, label: 0, ipc: 10, lanes: [...lanes(0), dap(1)] };
  const both = joined(lineup, other);
  assert.equal(both.label, 1); // the class that is looked at stays
  assert.equal(both.ipc, 10);
  assert.deepEqual(both.lanes, [...lanes(0, 2), dap(1)]);
  assert.deepEqual(joined(both, other).lanes, both.lanes);
  const full = { ...lineup, lanes: lanes(0, 1, 2, 3, 4, 5) };
  assert.deepEqual(joined(full, other).lanes, [...lanes(0, 1, 2, 3, 4), dap(5)]);
  const elsewhere = { ...other, dataset: 'solids' };
  assert.equal(joined(lineup, elsewhere), elsewhere);
});

/** @param {number} slot */
function dap(slot) {
  return { ...lane, slot, method: 'dap' };
}
