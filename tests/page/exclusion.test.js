// What a method excludes, in words, and where its group begins.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exclusionOf, headingsOf } from '../../assets/page/explore/exclusion.js';

const words = (title = '', excludes = /** @type {string[]} */ ([]), alone = false) => ({
  ...{ title, about: 'It does something.', excludes, alone, acts: null },
});

test('what is excluded is said in a sentence', () => {
  assert.equal(exclusionOf(words('DAP')), 'It goes with every method.');
  assert.equal(exclusionOf(words('A', ['B', 'C'])), 'It excludes B, C.');
  assert.equal(exclusionOf(words('DiT', ['B'], true)), 'It stands alone.');
});

test('a group begins before the first of its methods that is there', () => {
  const groups = [
    { title: 'one', methods: [words('A'), words('B')] },
    { title: 'two', methods: [words('C')] },
    { title: 'none', methods: [words('X')] },
  ];
  assert.deepEqual(headingsOf(groups, ['A', 'B', 'C']), [
    [0, 'one'],
    [2, 'two'],
  ]);
  assert.deepEqual(headingsOf(groups, ['B', 'C'])[0], [0, 'one']);
});
