// The runs of a visit: what is kept of them, and how they are called.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arranged,
  changed,
  KEPT,
  keyOf,
  nameOf,
  settingsOf,
  visit,
} from '../../assets/page/explore/visited.js';

/** @import { Run } from '../../assets/page/payloads.d.ts' */
/** @import { Visited } from '../../assets/page/explore/visited.js' */

/**
 * @param {string} seed
 * @param {object} more
 * @returns {Run}
 */
function runOf(seed, more = {}) {
  const query = { dataset: 'solids', method: 'dap', classes: 'cone', ipc: '10', steps: '20' };
  const rest = { seed, cfg_scale: '2', sampler: 'ddim' };
  const run = { live: false, class: 'cone', n: 10, moved: false, query: { ...query, ...rest } };
  return /** @type {Run} */ (/** @type {unknown} */ ({ ...run, ...more }));
}

const seeds = (/** @type {readonly Visited[]} */ runs) => runs.map(({ run }) => run.query.seed);

test('the newest run stands first, and the same run only once', () => {
  const first = visit(visit([], runOf('0')), runOf('1'));
  assert.deepEqual(seeds(first), ['1', '0']);
  assert.deepEqual(seeds(visit(first, runOf('0', { id: 'again' }))), ['0', '1']);
});

test('runs whose dials were moved are told apart by their ids', () => {
  const moved = (/** @type {string} */ id) => runOf('0', { moved: true, id });
  assert.notEqual(keyOf(moved('a')), keyOf(moved('b')));
  assert.equal(keyOf(runOf('0', { id: 'a' })), keyOf(runOf('0', { id: 'b' })));
});

test('a run that comes again keeps its name and its pin', () => {
  const key = keyOf(runOf('0'));
  const named = changed(visit([], runOf('0')), key, { name: ' the good one ', pinned: true });
  const [again] = visit(visit(named, runOf('1')), runOf('0'));
  assert.deepEqual([again.name, again.pinned], ['the good one', true]);
});

test('the oldest make way, those that are pinned never', () => {
  /** @type {Visited[]} */
  let runs = visit([], runOf('pinned'));
  runs = changed(runs, keyOf(runOf('pinned')), { pinned: true });
  for (let seed = 0; seed < KEPT + 3; seed++) runs = visit(runs, runOf(String(seed)));
  assert.equal(runs.length, KEPT + 1);
  assert.equal(seeds(arranged(runs))[0], 'pinned');
  assert.ok(!seeds(runs).includes('2') && seeds(runs).includes('3'));
  assert.equal(visit(runs, runOf('pinned')).length, KEPT + 1);
});

test('an empty name is the first one again', () => {
  const runs = visit([], runOf('0'));
  const renamed = changed(changed(runs, runs[0].key, { name: 'a' }), runs[0].key, { name: ' ' });
  assert.equal(renamed[0].name, nameOf(runOf('0')));
  assert.equal(renamed[0].name, 'cone: dap');
  assert.equal(changed(runs, 'another', { name: 'a' })[0].name, 'cone: dap');
});

test('settings are said in words, with those of the methods', () => {
  const run = runOf('7');
  assert.equal(settingsOf(run), '10 images · 20 steps · CFG 2 · seed 7');
  const other = { ...run, moved: true, query: { ...run.query, 'dap.gamma': '1' } };
  assert.match(settingsOf(other), /seed 7 · dap\.gamma 1 · a dial was moved$/);
  const fast = { ...run, query: { ...run.query, sampler: 'dpm++', cfg_between: '100-800' } };
  assert.match(settingsOf(fast), /seed 7 · sampler dpm\+\+ · cfg_between 100-800$/);
});
