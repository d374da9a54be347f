// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanCurve } from '../../assets/page/values/mean.js';

const curves = [
  [
    [1, 10, 3],
    [2, 20, 2],
    [3, 30, 1],
  ],
  [
    [1, 30, 5],
    [2, 60, 4],
  ],
];

test('each point is the mean of the curves that have it', () => {
  const accuracies = [
    [1, 20],
    [2, 40],
    [3, 30],
  ];
  const losses = [
    [1, 4],
    [2, 3],
    [3, 1],
  ];
  assert.deepEqual(meanCurve(curves, 1), accuracies);
  assert.deepEqual(meanCurve(curves, 2), losses);
});

test('of no curve there is no mean', () => {
  assert.deepEqual(meanCurve([], 1), []);
  assert.deepEqual(meanCurve([[]], 1), []);
});
