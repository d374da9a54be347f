// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { on } from '../../assets/page/bus.js';
import { imagesOf } from '../../assets/page/compare/atlas.js';
import { browse, browsed, sets } from '../../assets/page/compare/sets.js';
import { hueOf } from '../../assets/page/values/hue.js';

/** @import { Cell } from '../../assets/page/payloads.d.ts' */

/**
 * @param {number} label
 * @param {[number, number][]} umap
 * @returns {Cell}
 */
function cell(label, umap) {
  const points = { umap, pca: umap.map(([x, y]) => [y, x]) };
  return { slot: 1, label, images: 1, strip: '', points, values: {}, ranks: {} };
}

test('the images of a lane lie where its classes have them, as far as they are there', () => {
  const places = /** @type {[number, number][]} */ ([
    [1, 2],
    [3, 4],
  ]);
  sets.cells = new Map([
    ['1 0', cell(0, places)],
    ['1 2', cell(2, [[5, 6]])],
    ['1 3', null], // it could not be fetched
  ]);
  const lane = { slot: 1, name: 'DiT', link: {}, real: false, made: [2, 0, 3, 4], failed: {} };
  assert.deepEqual(imagesOf(lane, 'umap'), [
    { x: 1, y: 2, label: 0, image: 0 },
    { x: 3, y: 4, label: 0, image: 1 },
    { x: 5, y: 6, label: 2, image: 0 },
  ]);
  assert.equal(imagesOf(lane, 'pca')[0].x, 2);
});

test('the class beneath the mouse goes before the marked one, and every change is said once', () => {
  let said = 0;
  on('browse', () => {
    said += 1;
  });
  browse({ label: 3 });
  browse({ over: 5 });
  assert.equal(browsed(), 5);
  browse({ over: 5 });
  browse({ over: null });
  assert.equal(browsed(), 3);
  assert.equal(said, 3);
});

test('every class has a colour of its own, lighter on a dark ground', () => {
  for (const count of [2, 10, 100]) {
    const hues = Array.from({ length: count }, (_, label) => hueOf(label, count, false));
    assert.equal(new Set(hues).size, count);
  }
  assert.equal(hueOf(0, 10, false), 'hsl(0, 62%, 38%)');
  assert.equal(hueOf(1, 10, true), 'hsl(36, 70%, 76%)');
});
