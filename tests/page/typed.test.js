// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { typed } from '../../assets/page/values/typed.js';

test('what is typed stays within its bounds', () => {
  const bounds = { low: 1, high: 9, whole: true };
  assert.deepEqual(
    ['4', '4.6', '99', '-3', '', 'x'].map((text) => typed(text, bounds)),
    [4, 5, 9, 1, null, null],
  );
  assert.equal(typed('4.6', { ...bounds, whole: false }), 4.6);
});
