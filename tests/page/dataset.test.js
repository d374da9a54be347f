// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { say } from '../../assets/page/bus.js';
import { another } from '../../assets/page/explore/dataset.js';

test('a data set is another one once; a dropdown that only lost the focus chose none', () => {
  say('form', { dataset: 'solids', steps: 20 });
  assert.equal(another('solids'), null);
  assert.equal(another('digits'), 'digits'); // it is chosen
  assert.equal(another('digits'), null); // and the dropdown loses the focus
  say('form', { dataset: 'cifar10', steps: 20 }); // a link sets it
  assert.equal(another('cifar10'), null);
  assert.equal(another('digits'), 'digits');
});
