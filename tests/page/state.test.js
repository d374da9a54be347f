// @ts-check
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { on, say } from '../../assets/page/bus.js';
import { choose, shared, show } from '../../assets/page/state.js';

/** @import { Run, Step } from '../../assets/page/payloads.d.ts' */

/** @type {(() => void)[]} */
let frames = [];
/** @type {(Run | Step)[]} */
let said = [];
// A browser's frames, one by one.
Object.assign(globalThis, {
  requestAnimationFrame: (/** @type {() => void} */ draw) => frames.push(draw),
});
on('run', (run) => said.push(run));

function nextFrame() {
  const drawn = frames;
  frames = [];
  for (const draw of drawn) draw();
}

/**
 * @param {string} id
 * @param {number} at
 */
const step = (id, at) =>
  /** @type {Step} */ (/** @type {unknown} */ ({ live: true, id, step: at, steps: 9 }));
/** @param {string} id */
const done = (id) => /** @type {Run} */ (/** @type {unknown} */ ({ live: false, id }));

beforeEach(() => {
  Object.assign(shared, { run: null, finished: null, chosen: new Set() });
  shared.stopped.clear();
  frames = [];
  said = [];
});

test('of the steps between two frames the latest is shown', () => {
  for (const at of [1, 2, 3]) show(step('a', at));
  assert.equal(frames.length, 1);
  nextFrame();
  assert.deepEqual(said, [step('a', 3)]);
});

test('a finished run is shown at once, once, and no step of it after its end', () => {
  show(step('a', 8));
  const run = done('a');
  show(run);
  show(run);
  show(done('a'));
  nextFrame();
  assert.deepEqual(said, [run]);
  assert.equal(shared.finished, run);
});

test('finished images are shown before their scores, and the run once though it comes twice', () => {
  const made = /** @type {Step} */ ({ ...step('a', 9), made: true });
  const run = done('a');
  show(made);
  nextFrame();
  show(run);
  show(done('a'));
  nextFrame();
  assert.deepEqual(said, [made, run]);
  assert.equal(shared.finished, run);
});

test('a run that is stopped makes way for the one before, and is never seen again', () => {
  show(done('a'));
  show(step('b', 4));
  nextFrame();
  say('end', { run: 'explore', how: 'stopped' });
  const notice = 'stopped at step 4 of 9; this is the run before it';
  assert.deepEqual(shared.run, { ...done('a'), notice });
  show(step('b', 5));
  nextFrame();
  show(done('b'));
  assert.deepEqual(shared.run, { ...done('a'), notice });
});

test('a run that is refused before its first frame makes way, too', () => {
  show(done('a'));
  show(step('b', 1));
  say('end', { run: 'explore', how: 'failed' });
  nextFrame();
  assert.equal(shared.run?.id, 'a');
});

test('the end of something else, or of a run that was stopped before, changes nothing', () => {
  show(step('a', 3));
  nextFrame();
  say('end', { run: 'evaluate', how: 'stopped' });
  say('end', { run: 'explore', how: 'ended' });
  assert.deepEqual(shared.run, step('a', 3));
});

test('nothing makes way for a run that is finished', () => {
  show(done('a'));
  say('end', { run: 'explore', how: 'stopped' });
  assert.deepEqual(said, [done('a')]);
});

test('a choice takes the place of the one before, or turns its images on and off', () => {
  choose([1, 2]);
  choose([2, 3], { add: true });
  assert.deepEqual([...shared.chosen].sort(), [1, 3]);
  choose([5]);
  assert.deepEqual([...shared.chosen], [5]);
});

test('the choice goes with the run it was made in', () => {
  show(done('a'));
  choose([1]);
  show(done('b'));
  assert.equal(shared.chosen.size, 0);
});

test('a choice says which real images are beside it', () => {
  /** @type {unknown[]} */
  const heard = [];
  on('choose', ({ numbers, rows }) => heard.push([[...numbers], rows]));
  choose([], { rows: [7] });
  choose([2]);
  assert.deepEqual(heard, [
    [[], [7]],
    [[2], null],
  ]);
});
