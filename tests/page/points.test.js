// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decode,
  factsOf,
  farthestFirst,
  nearestTo,
  standingOf,
  uncovered,
} from '../../assets/page/explore/points.js';
import { numbers } from '../../assets/page/values/bytes.js';

/** @import { Run } from '../../assets/page/payloads.d.ts' */

/** @param {Uint16Array | Uint32Array | Int16Array | Float32Array} array */
const base64 = (array) => Buffer.from(array.buffer).toString('base64');

const points = decode({
  dataset: 'solids',
  label: 1,
  classes: ['sphere', 'cube'],
  labels: base64(Uint16Array.of(0, 1, 0, 1, 1)),
  images: base64(Uint32Array.of(70000, 11, 12, 13, 14)),
  modes: base64(Uint16Array.of(0, 1, 0, 1, 0)),
  mode_names: ['matt', 'glossy'],
  views: { class: { xy: base64(Int16Array.of(2, -4, 6, 8, 0, 0, 1, 1, -2, 4)), scale: 2 } },
  trust: { class: '0.97' },
});

const run = /** @type {Run} */ (
  /** @type {unknown} */ ({
    sheet: 'sheet.webp',
    n: 6,
    columns: 4,
    standing: {
      nearest: base64(Uint16Array.of(5, 0, 2)),
      distance: base64(Float32Array.of(3, 1, 9)),
      reach: base64(Float32Array.of(2, 1, 3)),
    },
    witness: { at: base64(Float32Array.of(0.5, -0.25, 0)), fields: {} },
  })
);
const standing = standingOf(run);

test('numbers are read from little-endian bytes', () => {
  assert.deepEqual([...numbers('AQD//w==', Int16Array)], [1, -1]);
  assert.deepEqual([...numbers('AACAPw==', Float32Array)], [1]);
});

test('points are told apart by their class, and lie where they were put', () => {
  assert.deepEqual(points.rows, [1, 3, 4]);
  assert.deepEqual(points.others, [0, 2]);
  assert.deepEqual([...points.xy.class[0]], [1, 3, 0, 0.5, -1]);
  assert.deepEqual([...points.xy.class[1]], [-2, 4, 0, 0.5, 2]);
  assert.equal(points.images[0], 70000);
});

test('a real image is uncovered beyond its reach, and covered at it', () => {
  assert.deepEqual(uncovered(points, standing), [1, 4]);
  assert.deepEqual(uncovered(points, null), []);
  assert.deepEqual(farthestFirst([1, 4], points, standing), [4, 1]); // 3 / 2 and 9 / 3
});

test('the nearest distilled image is known of the class in front alone', () => {
  assert.deepEqual(
    [1, 3, 4, 0].map((row) => nearestTo(row, points, standing)),
    [5, 0, 2, null],
  );
  assert.equal(nearestTo(1, points, null), null);
});

test('a real image in words', () => {
  assert.deepEqual(factsOf(0, points, run, standing), {
    name: 'real sphere, training image 70000',
    mode: 'matt',
    nearest: null,
  });
  assert.deepEqual(factsOf(1, points, run, standing), {
    name: 'real cube, training image 11',
    mode: 'glossy',
    nearest: {
      number: 5,
      distance: '3.00',
      reach: '2.00',
      covered: false,
      witness: { value: '+0.500', meaning: 'more real than distilled around it' },
      sheet: 'sheet.webp',
      place: { columns: 4, rows: 2, column: 1, row: 1 },
    },
  });
  assert.equal(factsOf(3, points, run, standing).nearest?.covered, true);
  assert.equal(factsOf(3, points, null, null).nearest, null);
});
