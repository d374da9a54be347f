// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  between,
  count,
  percent,
  short,
  signed,
  timeLeft,
  witnessWords,
} from '../../assets/page/values/format.js';

test('a score has three digits or so', () => {
  /** @type {[number | null, string][]} */
  const cases = [
    [null, '–'],
    [0, '0.00'],
    [0.09999, '0.1000'],
    [0.0136, '0.0136'],
    [-0.0014, '−0.0014'],
    [0.1, '0.10'],
    [9.987, '9.99'],
    [10, '10.0'],
    [-10.04, '−10.0'],
    [99.96, '100.0'],
    [100, '100'],
    [-119.6, '−120'],
  ];
  for (const [value, text] of cases) assert.equal(short(value), text);
});

test('accuracies, differences and intervals', () => {
  assert.equal(percent(71.26), '71.3');
  assert.deepEqual([signed(1.25), signed(0), signed(-0.44)], ['+1.3', '0.0', '−0.4']);
  assert.equal(between(60, 71.26, percent), '60.0 to 71.3');
  assert.equal(between(-1, 2, signed), '−1.0 to +2.0');
  assert.equal(between(null, null, percent), '–');
});

test('thousands stand apart', () => {
  assert.deepEqual([count(999), count(12000)], ['999', '12,000']);
});

test('the time that is left', () => {
  const said = [null, 0, 0.4, 89, 90, 1800, 5399, 5400, 9000].map(timeLeft);
  assert.deepEqual(said, [
    '',
    'about 1 s left',
    'about 1 s left',
    'about 89 s left',
    'about 2 min left',
    'about 30 min left',
    'about 90 min left',
    'about 1.5 h left',
    'about 2.5 h left',
  ]);
});

test('the sign of the witness says what it means, and none is said of what is shown as zero', () => {
  const missed = { value: '+0.021', meaning: 'more real than distilled around it' };
  const excess = { value: '−0.021', meaning: 'more distilled than real around it' };
  const neither = { value: '0.000', meaning: 'as many real as distilled around it' };
  assert.deepEqual(witnessWords(0.0214), missed);
  assert.deepEqual(witnessWords(-0.0214), excess);
  assert.deepEqual(witnessWords(0.0004), neither);
  assert.deepEqual(witnessWords(-0.0004), neither);
});
