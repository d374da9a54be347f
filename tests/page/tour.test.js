// @ts-check
// Where one is on the tour, and what it says in numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  begun,
  courseOf,
  pageFrom,
  withDone,
  withoutPage,
  withPrediction,
} from '../../assets/page/tour/course.js';
import {
  chanceOf,
  changeOf,
  figure,
  kept,
  partOf,
  scoreOf,
} from '../../assets/page/tour/numbers.js';
import { World } from '../../assets/page/tour/world.js';

/** @import { Points } from '../../assets/page/explore/points.js' */
/** @import { Run } from '../../assets/page/payloads.d.ts' */
/** @import { Server } from '../../assets/page/tour/world.js' */

const IDS = ['a', 'b', 'c'];

test('what was kept is found again', () => {
  const course = { ...withDone(withPrediction(begun(IDS), 'b', 2), 'b'), page: 'b', open: true };
  assert.deepEqual(courseOf(JSON.stringify(course), IDS), course);
});

test('nonsense begins anew, and of a changed tour what is left is kept', () => {
  for (const text of [null, '', '[', '7', 'null', '"a"', '[]'])
    assert.deepEqual(courseOf(text, IDS), begun(IDS));
  const other = { page: 'gone', open: 'yes', answers: { a: 1, gone: 1, b: 'x', c: -1 }, done: 'a' };
  assert.deepEqual(courseOf(JSON.stringify(other), IDS), { ...begun(IDS), answers: { a: 1 } });
  const some = { page: 'c', done: ['c', 'gone', 'a'], answers: null };
  assert.deepEqual(courseOf(JSON.stringify(some), IDS), {
    ...begun(IDS),
    page: 'c',
    done: ['a', 'c'],
  });
});

test('a page that is gone through again is neither predicted nor done', () => {
  const course = withDone(withPrediction(withPrediction(begun(IDS), 'a', 0), 'b', 1), 'a');
  assert.deepEqual(withoutPage(course, 'a'), withPrediction(begun(IDS), 'b', 1));
  assert.equal(withDone(course, 'a'), course);
});

test('the pages end at both ends', () => {
  assert.equal(pageFrom(IDS, 'a', 1), 'b');
  assert.equal(pageFrom(IDS, 'a', -1), null);
  assert.equal(pageFrom(IDS, 'c', 1), null);
});

const score = (
  /** @type {string} */ name,
  /** @type {number | null} */ value,
  space = 'latents',
) => ({
  ...{ name, value, space, title: name, about: '', mean: 8, spread: 0.5, draws: [] },
  ...{ grade: /** @type {const} */ ('like'), verdict: '' },
});
const run = (/** @type {number | null} */ vendi) =>
  /** @type {Run} */ (
    /** @type {unknown} */ ({
      scores: [score('vendi', 99, 'features'), score('vendi', vendi)],
      points: {
        pca: [
          [0, 0],
          [4, 4],
        ],
      },
      nearest: { rows: [1, 2] },
    })
  );

test('a score is that of latent space, and must be there', () => {
  assert.equal(scoreOf(run(7), 'vendi').value, 7);
  assert.throws(() => scoreOf(run(7), 'coverage'), /no score coverage/);
  assert.throws(() => scoreOf(run(null), 'vendi'), /no score vendi/);
});

test('a change counts beyond the spread of random real draws', () => {
  assert.equal(changeOf(run(7), run(7.4), 'vendi'), 'like');
  assert.equal(changeOf(run(7), run(7.6), 'vendi'), 'more');
  assert.equal(changeOf(run(7), run(4), 'vendi'), 'less');
});

test('shares fall into parts', () => {
  assert.deepEqual(
    [0.9, 0.75, 0.5, 0.35, 0.1, 0].map((share) => partOf(share, [0.75, 0.35])),
    [0, 0, 1, 1, 2, 2],
  );
});

test('figures have their spread where it is known', () => {
  assert.equal(chanceOf({ mean: 8.72, spread: 0.31 }), '8.72 ± 0.31');
  assert.equal(chanceOf({ mean: 64.57, spread: 6.6021 }), '64.6 ± 6.6');
  const value = /** @type {import('../../assets/page/payloads.d.ts').StudyValue} */ ({
    mean: 68.2,
    spread: null,
  });
  assert.equal(figure(value), '68.2');
  assert.equal(figure({ ...value, spread: 3.8 }), '68.2 ± 3.8');
});

test('a map keeps an image where its nearest point is its nearest real image', () => {
  const points = /** @type {Points} */ (
    /** @type {unknown} */ ({
      rows: [0, 1, 2],
      xy: { pca: [Float32Array.of(1, 0.1, 9), Float32Array.of(1, 0.1, 9)] },
    })
  );
  assert.equal(kept(run(7), points, 'pca'), 1);
});

test('what comes after a visitor left a page of the tour sets nothing', async () => {
  /** @type {(run: Run) => void} */
  let give = () => {};
  const first = () => new Promise((resolve) => (give = resolve));
  const server = /** @type {Server} */ (
    /** @type {unknown} */ ({ facts: async () => ({}), first })
  );
  for (const leave of ['begin', 'end']) {
    /** @type {unknown[]} */
    const set = [];
    const world = new World(server, (query) => set.push(query));
    await world.begin();
    const shown = world.explore('solids');
    await (leave === 'end' ? world.end() : world.begin());
    give(/** @type {Run} */ (/** @type {unknown} */ ({ query: {} })));
    await assert.rejects(shown, /left this page/);
    assert.deepEqual(set, []);
  }
});
