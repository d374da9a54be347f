// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkTo, stepsKept, stepsOf, textOf } from '../../assets/page/present/steps.js';

test('a list is a link in each line, with a title or without', () => {
  const steps = stepsOf(
    'Why random wins | http://127.0.0.1:7860/?tab=compare&dataset=digits&present=1&at=3\n\n' +
      '  ?dataset=solids&classes=torus&method=dap\n',
  );
  assert.deepEqual(steps, [
    { title: 'Why random wins', query: { tab: 'compare', dataset: 'digits' } },
    {
      title: 'solids · torus · dap',
      query: { dataset: 'solids', classes: 'torus', method: 'dap' },
    },
  ]);
});

test('a list comes back from its text', () => {
  const steps = [{ title: 'a | b', query: { dataset: 'x', 'dap.gamma': '0.5', classes: 'a&b=c' } }];
  assert.deepEqual(stepsOf(textOf(steps)), [{ ...steps[0], title: 'a / b' }]);
});

test('a line without a link is refused by its number', () => {
  assert.throws(() => stepsOf('?a=1\nhello'), /Line 2 has no link of this page: hello/);
  assert.throws(() => stepsOf('?present=1'), /Line 1 has no link/);
  assert.throws(() => stepsOf('?a=1\n'.repeat(61)), /at most 60 links; this one has 61/);
  assert.deepEqual([stepsKept('hello'), stepsKept(null)], [[], []]);
});

test('a step keeps what lasts, and counts from one', () => {
  const steps = stepsOf('?a=1\n?b=2');
  const lasts = { present: '1', hide: 'map', at: '1' };
  assert.deepEqual(linkTo(steps, 1, lasts), { b: '2', present: '1', hide: 'map', at: '2' });
});
