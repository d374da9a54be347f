// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cells, interpolate, tapsAt } from '../../assets/page/values/interpolation.js';

/**
 * The value at a position of a line of values.
 * @param {number[]} values
 * @param {number} position
 */
function at(values, position) {
  return tapsAt(position, values.length).reduce((sum, [k, weight]) => sum + weight * values[k], 0);
}

test('at the middle of a cell the value is that of the cell', () => {
  const values = [3, -1, 4, 1, -5];
  for (const [k, value] of values.entries()) assert.equal(at(values, k), value);
});

test('weights add up to one, and a straight line stays one', () => {
  const line = Array.from({ length: 9 }, (_, k) => 2 * k - 3);
  for (const position of [2.25, 3.5, 4.875]) {
    const total = tapsAt(position, 9).reduce((sum, [, weight]) => sum + weight, 0);
    assert.ok(Math.abs(total - 1) < 1e-12);
    assert.ok(Math.abs(at(line, position) - (2 * position - 3)) < 1e-12);
  }
});

test('a parabola is met exactly, away from the edge', () => {
  const values = Array.from({ length: 11 }, (_, k) => k * k);
  for (const position of [3.1, 5.5, 6.9])
    assert.ok(Math.abs(at(values, position) - position ** 2) < 1e-9);
});

test('far beyond the grid the field is zero', () => {
  for (const position of [-40, -3.5, 7.5, 40]) assert.equal(at([9, 9, 9, 9, 9], position), 0);
});

test('pixels lie evenly over the range of an axis, in cells of the grid', () => {
  // Four pixels over [0, 8], a grid of 4 cells over [0, 8]: pixel by pixel, cell by cell.
  assert.deepEqual(cells([0, 8], 4, 0, 8, 4), [0, 1, 2, 3]);
  // An axis that is zoomed to the right half of the grid.
  assert.deepEqual(cells([4, 8], 4, 0, 8, 4), [1.75, 2.25, 2.75, 3.25]);
});

test('a grid of as many cells as pixels is shown as it is, its low rows at the bottom', () => {
  const grid = {
    values: Int16Array.from([1, 2, 3, 40, 50, 60]),
    columns: 3,
    rows: 2,
    box: /** @type {const} */ ([0, 3, 0, 2]),
  };
  const shown = interpolate(grid, 3, 2, [0, 3], [0, 2]);
  assert.deepEqual([...shown], [40, 50, 60, 1, 2, 3]);
});

test('a field is interpolated along both axes', () => {
  // values[r][c] = 10 r + c, which is linear: at the middle of the grid the mean of all.
  const [rows, columns] = [6, 6];
  const values = Int16Array.from({ length: 36 }, (_, k) => 10 * Math.floor(k / columns) + (k % 6));
  const grid = { values, columns, rows, box: /** @type {const} */ ([0, 6, 0, 6]) };
  const [middle] = interpolate(grid, 1, 1, [2, 4], [2, 4]);
  assert.equal(middle, 27.5);
});
