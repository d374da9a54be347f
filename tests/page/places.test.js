// What is computed of a study: order, counts, words, places.

/** @import { StudyLine } from '../../assets/page/payloads.d.ts' */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  countsOf,
  firstAxes,
  fullest,
  messageOf,
  ordered,
  said,
  scaleFor,
  sidesOf,
  ticksOf,
} from '../../assets/page/evaluate/places.js';

/**
 * @param {number} mean
 * @param {'better' | 'like' | 'worse' | null} grade
 */
const value = (mean, grade = null) => ({
  ...{ mean, grade, spread: null, low: null, high: null, sets: 'one set', verdict: '' },
  ...{ difference: null, difference_low: null, difference_high: null },
});
/**
 * @param {string} name
 * @param {Record<string, ReturnType<typeof value>>} values
 * @param {'random' | 'real' | 'made'} kind
 */
const row = (name, values, kind = 'made') => ({ name, kind, link: null, compared: null, values });
const ACCURACY = {
  ...{ name: 'accuracy', title: 'accuracy, %', about: '', digits: 1, log: false },
  better: /** @type {const} */ ('higher'),
};
const ROWS = [
  row('Random real', { accuracy: value(68.2) }, 'random'),
  row('MMD', { accuracy: value(78.7, 'better') }),
  row('DiT', { accuracy: value(70.6, 'like') }),
  row('CaO₂', { accuracy: value(60, 'worse') }),
  row('Late', { coverage: value(1) }),
];

test('random real images count as no method, and neither does a row without the number', () => {
  const found = countsOf(ROWS, 'accuracy');
  assert.deepEqual(found, { better: 1, like: 1, worse: 1, unknown: 0, all: 3 });
});

test('the message says what is better, and as plainly what is not', () => {
  assert.equal(
    messageOf(ROWS, ACCURACY),
    'In accuracy, 1 of 3 methods is better than random real images, 1 is worse, 1 is not told ' +
      'apart from them.',
  );
  const none = [ROWS[0], row('A', { accuracy: value(1) }), row('B', { accuracy: value(2) })];
  assert.match(messageOf(none, ACCURACY), /drawn once, so nothing can be told/);
  assert.match(messageOf(ROWS.slice(0, 1), ACCURACY), /Only random real images/);
  assert.match(messageOf(ROWS, { ...ACCURACY, better: '' }), /neither more nor less is better/);
  const some = [...ROWS, row('B', { accuracy: value(2) })];
  assert.match(messageOf(some, ACCURACY), /1 of 4 methods is .* 1 cannot be compared\.$/);
});

test('rows are ordered by a number or by name, and those without it stand last', () => {
  const names = (/** @type {StudyLine[]} */ rows) => rows.map(({ name }) => name);
  const falling = ordered(ROWS, 'accuracy', true);
  assert.deepEqual(names(falling), ['MMD', 'DiT', 'Random real', 'CaO₂', 'Late']);
  const rising = ordered(ROWS, 'accuracy', false);
  assert.deepEqual(names(rising), ['CaO₂', 'Random real', 'DiT', 'MMD', 'Late']);
  assert.equal(ordered(ROWS, null, false)[0].name, 'CaO₂');
  assert.equal(ROWS[0].name, 'Random real'); // the rows themselves stay as they are
});

test('a scale holds every interval, with ticks at round values', () => {
  const { at, ticks } = scaleFor([{ ...value(70), low: 61, high: 79 }, value(81)], false);
  assert.ok(at(61) > 0 && at(81) < 100);
  assert.equal(Math.round(at(71)), 50);
  assert.deepEqual(ticks, [60, 65, 70, 75, 80]);
});

test('a logarithmic scale has equal room for equal ratios', () => {
  const { at, ticks } = scaleFor([value(2), value(200)], true);
  assert.ok(Math.abs(at(20) - at(2) - (at(200) - at(20))) < 1e-9);
  assert.deepEqual(ticks, [2, 5, 10, 20, 50, 100, 200]);
});

test('ticks are round, small or large, and never too many', () => {
  assert.deepEqual(ticksOf(-0.034, 0.03), [-0.02, 0, 0.02]);
  assert.deepEqual(ticksOf(-0.03, 0.03), [-0.03, -0.02, -0.01, 0, 0.01, 0.02, 0.03]);
  assert.deepEqual(ticksOf(100, 650), [100, 200, 300, 400, 500, 600]);
  for (const [low, high] of [
    [0, 1],
    [3.3, 3.4],
    [15, 99],
  ])
    assert.ok(ticksOf(low, high).length <= 7 && ticksOf(low, high).length >= 3);
});

test('names that would cover others are left out, the first go first', () => {
  const marks = [
    { x: 50, y: 50, name: 'first' },
    { x: 52, y: 52, name: 'second' },
    { x: 296, y: 120, name: 'at the edge' },
    { x: 51, y: 51, name: 'third' },
  ];
  const sides = sidesOf(marks, 300);
  assert.equal(sides.get('first'), 'right');
  assert.equal(sides.get('second'), 'left');
  assert.equal(sides.get('at the edge'), 'left');
  assert.equal(sides.has('third'), false);
});

test('a number is said with its spread', () => {
  assert.equal(said({ ...value(-0.0004), spread: 0.002 }, 3), '−0.000 ± 0.002');
  assert.equal(said(value(3), 1), '3.0');
  assert.equal(said(undefined, 1), '');
});

test('a study opens with accuracy upward, across a number that several methods have', () => {
  const names = ['mmd2_z', 'accuracy', 'coverage'];
  const axes = names.map((name) => ({ ...ACCURACY, name }));
  const rows = [
    row('A', { accuracy: value(1), coverage: value(2), mmd2_z: value(0) }),
    row('B', { accuracy: value(1), coverage: value(2) }),
  ];
  const rest = { name: '', choice: '', caption: '', labels: '', conditions: [], commands: [] };
  assert.deepEqual(firstAxes({ ...rest, axes, rows }), { up: 'accuracy', across: 'coverage' });
  const alone = firstAxes({ ...rest, axes: [ACCURACY], rows });
  assert.deepEqual(alone, { up: 'accuracy', across: 'accuracy' });
});

test('the study with the most rows is shown first, of equal ones the first', () => {
  const study = (/** @type {string} */ name, /** @type {number} */ count) => ({
    name,
    rows: ROWS.slice(0, count),
  });
  const studies = [study('one image', 1), study('ten images', 3), study('fifty images', 3)];
  assert.equal(fullest(studies).name, 'ten images');
});
