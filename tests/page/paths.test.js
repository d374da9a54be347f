// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesTo, placesAt, trailOf } from '../../assets/page/draw/paths.js';
import { gridBetween, gridOf } from '../../assets/page/values/witness.js';

/** @import { Field, Run } from '../../assets/page/payloads.d.ts' */

/** @param {Int16Array} values */
const packed = (values) => Buffer.from(values.buffer).toString('base64');

/**
 * A run of two images over three frames, whose places are ten times frame and image.
 * @param {object} [places]
 */
function runOf(places) {
  const xy = Int16Array.from({ length: 12 }, (_, k) => 10 * Math.floor(k / 4) + (k % 4));
  const given = places ?? { class: { xy: packed(xy), scale: 10 } };
  const film = { sheet: '', frames: 3, places: given };
  return /** @type {Run} */ (/** @type {unknown} */ ({ n: 2, film }));
}

/** @param {Run} run */
function trail(run) {
  const found = trailOf(run, 'class');
  assert.ok(found);
  return found;
}

/** @param {number[]} values */
const rounded = (values) => values.map((value) => Number(value.toFixed(6)));

test('images are where the frame has them that the scrubber shows', () => {
  const way = trail(runOf());
  assert.deepEqual(placesAt(way, 0).map(rounded), [
    [0, 0.1],
    [0.2, 0.3],
  ]);
  assert.deepEqual(placesAt(way, 0.4).map(rounded)[0], [1, 1.1]);
  assert.deepEqual(placesAt(way, 1).map(rounded)[1], [2.2, 2.3]);
});

test('a way leads from the noise to the frame that is shown, and no image is joined to the next', () => {
  const way = trail(runOf());
  const all = linesTo(way, 0.5, () => true);
  assert.deepEqual(
    all.x.map((x) => (x === null ? null : rounded([x])[0])),
    [0, 1, null, 0.2, 1.2, null],
  );
  const one = linesTo(way, 1, (image) => image === 1);
  assert.deepEqual(
    one.y.map((y) => (y === null ? null : rounded([y])[0])),
    [0.3, 1.3, 2.3, null],
  );
});

test('a run without a film, or of an older page, has no way', () => {
  const run = runOf();
  assert.equal(trailOf(runOf({}), 'class'), null);
  assert.equal(trailOf({ ...run, film: { ...run.film, frames: 1 } }, 'class'), null);
  assert.equal(trailOf({ ...run, film: { sheet: '', frames: 3 } }, 'class'), null);
  assert.equal(trailOf(run, 'class'), trailOf(run, 'class')); // it is decoded once
});

/**
 * @param {number[]} values
 * @param {number} chance
 * @returns {Field}
 */
const field = (values, chance) => ({
  values: packed(Int16Array.from(values)),
  chance,
  columns: 2,
  box: [0, 1, 0, 1],
});

test('a difference of witnesses is in units of what the difference of two random sets reaches', () => {
  const [a, b] = [field([64, -64, 400, 0], 3), field([0, 64, 400, 640], 4)];
  assert.deepEqual([...gridOf(a).values], [64, -64, 400, 0]);
  const between = gridBetween(a, b);
  assert.equal(between.rows, 2);
  // 3 / 5 of the one and 4 / 5 of the other, as 5 is the root of 3 * 3 + 4 * 4.
  assert.deepEqual(
    rounded([...between.values]).map((v) => Math.round(100 * v) / 100),
    [38.4, -89.6, -80, -512],
  );
  assert.ok(gridBetween(a, a).values.every((value) => value === 0));
});
