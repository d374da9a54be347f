// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coloured } from '../../assets/page/values/shade.js';

const hues = { missed: [1, 2, 3], excess: [7, 8, 9] };

/**
 * The colour of a flat field of one value.
 * @param {number} value
 */
function flat(value) {
  return [...coloured(new Float32Array(9).fill(value), 3, 1, hues).slice(16, 20)];
}

test('above zero is missed, below zero too much, and near zero nothing', () => {
  assert.deepEqual(flat(128).slice(0, 3), [1, 2, 3]);
  assert.deepEqual(flat(-128).slice(0, 3), [7, 8, 9]);
  assert.deepEqual(flat(0.9), [0, 0, 0, 0]);
});

test('the colour deepens up to twice what chance reaches', () => {
  const opacities = [16, 32, 100, 128, 200].map((value) => flat(value)[3]);
  assert.deepEqual(opacities, [19, 38, 120, 153, 153]); // 255 * 0.6 * value / 128, at most 0.6
});

test('a line is drawn where the field passes what chance reaches', () => {
  // A slope of four a pixel that passes 64 at the fourth of eight pixels.
  const slope = Float32Array.from({ length: 16 }, (_, i) => 52 + 4 * (i % 8));
  const pixels = coloured(slope, 8, 1, hues);
  const opacities = Array.from({ length: 7 }, (_, i) => pixels[4 * i + 3]);
  assert.equal(Math.max(...opacities), opacities[3]);
  assert.equal(opacities[3], 217); // 255 * 0.85
  assert.ok(opacities[1] < 80 && opacities[5] < 95);
});
