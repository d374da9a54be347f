// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisOf, dialsOf, keptAxes, queryOf, withDial } from '../../assets/page/sweep/sweep.js';
import { choicesOf, depthOf, figureOf, markOf, wordsOf } from '../../assets/page/sweep/tint.js';
import { walk } from '../../assets/page/sweep/walk.js';

/** @import { Menu, Sweep, SweptScore } from '../../assets/page/payloads.d.ts' */

const knob = { about: '', low: 0, high: 5, choices: [] };
const method = { about: '', alone: false, fewest_steps: 1, knobs: [] };
/** @type {Menu} */
const menu = {
  bounds: { ipc: [1, 5000], steps: [1, 1000], seed: [0, 9], cfg_scale: [0, 30] },
  datasets: [{ name: 'digits', title: 'Digits', classes: ['zero', 'one'], cfg_scale: 1.5 }],
  methods: [
    { ...method, name: 'random', title: 'Random real' },
    {
      ...method,
      name: 'dap',
      title: 'DAP',
      knobs: [
        { ...knob, key: 'dap.gamma', title: 'gamma', kind: 'number', usual: 0.3 },
        { ...knob, key: 'dap.block', title: 'block', kind: 'whole', usual: 2 },
        { ...knob, key: 'dap.kernel', title: 'kernel', kind: 'choice', usual: 'rbf' },
        { ...knob, key: 'dap.mean', title: 'mean', kind: 'flag', usual: false },
      ],
    },
  ],
};
/** @type {Sweep} */
const sweep = {
  dataset: 'digits',
  label: 1,
  method: 'dap',
  ipc: 4,
  steps: 6,
  cfg_scale: 1.5,
  seed: 2,
  axes: [
    { key: 'dap.gamma', low: 0, high: 0.5, count: 3 },
    { key: 'steps', low: 2, high: 6, count: 2 },
  ],
};
/** @type {SweptScore} */
const coverage = {
  space: 'latents',
  name: 'coverage',
  title: 'Coverage',
  about: '',
  value: 62,
  mean: 50,
  spread: 4,
  grade: 'better',
  verdict: '',
  unit: '',
};

test('the dials of a method are its numbers and those of every run', () => {
  const dials = dialsOf(menu, 'dap');
  assert.deepEqual(
    dials.map(({ key }) => key),
    ['cfg_scale', 'steps', 'ipc', 'dap.gamma', 'dap.block'],
  );
  assert.deepEqual(
    dials.map(({ whole }) => whole),
    [false, true, true, false, true],
  );
  assert.deepEqual([dials[0].low, dials[0].high], [0, 30]);
  assert.equal(dials[3].title, 'DAP: gamma');
  assert.deepEqual(axisOf(dials[3]), { key: 'dap.gamma', low: 0, high: 1.2, count: 4 });
  assert.deepEqual(axisOf(dials[4]), { key: 'dap.block', low: 0, high: 5, count: 4 });
});

test('of real images only their number is a dial', () => {
  assert.deepEqual(
    dialsOf(menu, 'random').map(({ key }) => key),
    ['ipc'],
  );
});

test('axes stay as long as the method has their dials', () => {
  assert.deepEqual(keptAxes(sweep.axes, dialsOf(menu, 'dap')), sweep.axes);
  assert.deepEqual(keptAxes(sweep.axes, dialsOf(menu, 'dit')), [sweep.axes[1]]);
  assert.deepEqual(
    keptAxes(sweep.axes, dialsOf(menu, 'random')).map(({ key }) => key),
    ['ipc'],
  );
});

test('another dial takes an axis, and one that is swept already changes places', () => {
  const [cfg, steps] = dialsOf(menu, 'dap');
  const [gamma, other] = sweep.axes;
  assert.deepEqual(withDial(sweep.axes, 0, cfg), [axisOf(cfg), other]);
  assert.deepEqual(withDial(sweep.axes, 0, steps), [other, gamma]);
  assert.deepEqual(withDial(sweep.axes, 1, null), [gamma]);
  assert.deepEqual(withDial([gamma], 0, null), [gamma]);
  assert.deepEqual(withDial([gamma], 1, cfg), [gamma, axisOf(cfg)]);
  assert.deepEqual(withDial([other], 1, steps), [other]);
});

test('a link has plain parameters, without those that are swept', () => {
  assert.deepEqual(queryOf(sweep, menu), {
    tab: 'sweep',
    dataset: 'digits',
    classes: 'one',
    method: 'dap',
    ipc: '4',
    cfg_scale: '1.5',
    seed: '2',
    x: 'dap.gamma',
    'x.low': '0',
    'x.high': '0.5',
    'x.count': '3',
    y: 'steps',
    'y.low': '2',
    'y.high': '6',
    'y.count': '2',
  });
});

test('a score within the spread of random real images has no colour, and deeper ones beyond', () => {
  assert.equal(depthOf({ ...coverage, grade: 'like' }), 0);
  const [near, far, beyond] = [59, 82, 500].map((value) => depthOf({ ...coverage, value }));
  assert.ok(0 < near && near < far);
  assert.equal(far, beyond);
  assert.equal(depthOf({ ...coverage, value: 18 }), far); // as far on the other side
  assert.equal(depthOf({ ...coverage, spread: 0 }), far);
  assert.equal(depthOf({ ...coverage, mean: null }), 0);
  assert.equal(depthOf({ ...coverage, value: null }), 0);
});

test('a score is said in figures and words as well', () => {
  assert.deepEqual(
    /** @type {const} */ (['better', 'like', 'worse']).map((grade) =>
      markOf({ ...coverage, grade }),
    ),
    ['▲', '●', '▼'],
  );
  assert.equal(markOf({ ...coverage, mean: null }), '');
  assert.equal(figureOf({ value: 6, unit: ' of 8' }), '6 of 8');
  assert.equal(figureOf({ value: 90, unit: ' %' }), '90.0 %');
  assert.equal(figureOf({ value: null, unit: ' %' }), '–');
  assert.equal(wordsOf(coverage), 'Coverage 62.0, better than random real images (50.0 ± 4.00)');
  assert.equal(wordsOf({ ...coverage, mean: null }), 'Coverage 62.0');
});

test('scores are told by their space', () => {
  const recognised = { ...coverage, space: 'judge', name: 'recognised', title: 'Recognised' };
  assert.deepEqual(choicesOf({ query: {}, sheet: '', scores: [coverage, recognised] }), [
    ['latents coverage', 'Coverage (latent space)'],
    ['judge recognised', 'Recognised'],
  ]);
});

test('keys walk the cells and stay inside the grid', () => {
  const size = { rows: 2, columns: 3 };
  /** @param {string} key */
  const from = (key, far = false) => walk({ row: 0, column: 1 }, key, size, far);
  assert.deepEqual(from('ArrowLeft'), { row: 0, column: 0 });
  assert.deepEqual(from('ArrowDown'), { row: 1, column: 1 });
  assert.equal(from('ArrowUp'), null);
  assert.deepEqual(from('End'), { row: 0, column: 2 });
  assert.deepEqual(from('End', true), { row: 1, column: 2 });
  assert.deepEqual(from('Home', true), { row: 0, column: 0 });
  assert.equal(from('a'), null);
  assert.equal(walk({ row: 0, column: 2 }, 'ArrowRight', size), null);
});
