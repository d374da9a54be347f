// Where in the loop of sampling the chosen methods act.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stationsOf } from '../../assets/page/explore/stations.js';

/** @import { MethodWords } from '../../assets/page/payloads.d.ts' */

/**
 * @param {string} title
 * @param {MethodWords['acts']} acts
 * @returns {MethodWords}
 */
const method = (title, acts) => ({ title, about: '', excludes: [], alone: false, acts });

test('each method stands where it acts, and an empty place says what is there', () => {
  const stations = stationsOf([
    method('DAP', 'guidance'),
    method('D3HR', 'init'),
    method('diversity', 'guidance'),
  ]);
  assert.deepEqual(
    stations.map(({ methods }) => methods),
    [[], ['D3HR'], ['DAP', 'diversity'], []],
  );
  assert.deepEqual(
    stations.map(({ title, usual }) => [title, usual]),
    [
      ['network', 'as is'],
      ['noise', 'random'],
      ['steps', 'CFG'],
      ['choice', 'all'],
    ],
  );
});

test('a method that changes nothing leaves every place as it is', () => {
  assert.ok(stationsOf([method('DiT', null)]).every(({ methods }) => !methods.length));
});

test('real images go through no loop', () => {
  const stations = stationsOf([method('random', 'subset')]);
  assert.equal(stations.length, 1);
  assert.deepEqual(stations[0].methods, ['random']);
});
