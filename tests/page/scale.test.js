// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scaleOf, spread } from '../../assets/page/values/scale.js';

test('the lowest value lies at 4 percent, the highest at 96', () => {
  const { low, high, at } = scaleOf([5, -3, 1]);
  assert.deepEqual([low, high], [-3, 5]);
  assert.deepEqual([at(-3), at(1), at(5)], [4, 50, 96]);
});

test('values that are all the same lie at one place', () => {
  assert.equal(scaleOf([2, 2, 2]).at(2), 4);
});

test('a curve fills its drawing, high values at the top', () => {
  const places = spread(
    [
      [10, 1],
      [20, 3],
      [40, 2],
    ],
    240,
    44,
  );
  assert.deepEqual(places, [
    [60, 42],
    [120, 2],
    [240, 22],
  ]);
});

test('what is no number has no place on a curve', () => {
  const places = spread(
    [
      [1, null],
      [2, 5],
      [4, null],
    ],
    8,
    44,
  );
  assert.deepEqual(places, [[4, 42]]);
  assert.deepEqual(spread([[1, null]], 8, 44), []);
});

test('a flat curve lies at the bottom', () => {
  const places = spread(
    [
      [1, 7],
      [2, 7],
    ],
    10,
    44,
  );
  assert.deepEqual(
    places.map(([, y]) => y),
    [42, 42],
  );
});
