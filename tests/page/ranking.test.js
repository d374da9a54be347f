// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanOf, ranked, sameSet } from '../../assets/page/values/ranking.js';

const RANKS = [3, null, 1, 2, 1];
/** @param {number} label */
const rankOf = (label) => RANKS[label];

test('classes stand in the order that is asked for, those without a rank last', () => {
  const labels = [0, 1, 2, 3, 4];
  assert.deepEqual(ranked(labels, rankOf, 'none'), labels);
  assert.deepEqual(ranked(labels, rankOf, 'worst'), [2, 4, 3, 0, 1]);
  assert.deepEqual(ranked(labels, rankOf, 'best'), [0, 3, 2, 4, 1]);
});

test('the mean is of what is known', () => {
  assert.equal(meanOf([1, null, 3, undefined]), 2);
  assert.equal(meanOf([null]), null);
});

test('a set is the same whichever class a link leads to, and no other', () => {
  const a = { dataset: 'digits', method: 'dit', classes: '0' };
  assert.ok(sameSet(a, { ...a, classes: '3' }));
  assert.ok(!sameSet(a, { ...a, method: 'dap' }));
  assert.ok(!sameSet(a, { ...a, seed: '1' }));
  assert.ok(!sameSet(a, null));
});
