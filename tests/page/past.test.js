// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedLook, linkedMatrix, linkedPick } from '../../assets/page/explore/linked.js';
import { Past } from '../../assets/page/values/past.js';
import {
  classText,
  lasting,
  numbersIn,
  queryOfForm,
  sameQuery,
} from '../../assets/page/values/query.js';

test('one goes back and forth in the past, and a new state ends what was undone', () => {
  const past = new Past();
  assert.equal(past.go(-1), undefined);
  for (const state of ['a', 'b', 'b', 'c']) past.put(state);
  assert.deepEqual([past.go(-1), past.go(-1), past.go(-1), past.now], ['b', 'a', undefined, 'a']);
  assert.equal(past.go(1), 'b');
  assert.ok(past.can(1));
  past.put('d');
  assert.ok(!past.can(1));
  assert.deepEqual([past.go(-1), past.go(-1)], ['b', 'a']);
});

test('a past forgets the oldest of very many states', () => {
  const past = new Past();
  for (let k = 0; k < 150; k += 1) past.put(String(k));
  let steps = 0;
  while (past.go(-1) !== undefined) steps += 1;
  assert.equal(past.now, '50');
  assert.equal(steps, 99);
});

test('a state that comes out otherwise is kept as it came out', () => {
  const past = new Past();
  past.mend('a');
  past.put('b');
  past.go(-1);
  past.mend('A');
  assert.deepEqual([past.now, past.go(1)], ['A', 'b']);
});

test('links are the same if their numbers are', () => {
  assert.ok(sameQuery({ a: '2.0', b: 'x' }, { b: 'x', a: '2' }));
  assert.ok(!sameQuery({ a: '2' }, { a: '2', b: '' }));
  assert.ok(!sameQuery({ a: '' }, { a: '0' }));
  assert.ok(!sameQuery({ a: 'x' }, { a: 'y' }));
});

test('the controls of Explore make the link of their run', () => {
  const form = {
    ...{ dataset: 'digits', method: ['dap', 'diversity'], ipc: 5, steps: 20, seed: 0 },
    ...{ cfg_scale: 1.5, sampler: 'ddim', 'dap.gamma': 0.5, 'dap.kernel': 'rbf', 'igd.x': 3 },
  };
  const usual = { 'dap.gamma': 0.3, 'dap.kernel': 'rbf', 'igd.x': 1 };
  assert.deepEqual(queryOfForm(form, '3', usual), {
    ...{ dataset: 'digits', method: 'dap+diversity', classes: '3', ipc: '5', steps: '20' },
    ...{ seed: '0', cfg_scale: '1.5', sampler: 'ddim', 'dap.gamma': '0.5' },
  });
  assert.equal(queryOfForm({ ...form, method: [] }, '3', usual).method, 'dit');
});

test('a class has its name in a link, or its number where the name could mean others', () => {
  const names = ['cone', 'a, b', '#0', ''];
  assert.deepEqual(
    names.map((_, label) => classText(names, label)),
    ['cone', '#1', '#2', '#3'],
  );
});

test('a link says how things look, and nonsense says nothing', () => {
  assert.deepEqual(linkedLook('?view=pca&paint=distance&witness=0'), {
    ...{ view: 'pca', paint: 'distance', witness: false },
  });
  assert.deepEqual(linkedLook('?view=toString&paint=<b>&witness=2'), {});
  assert.deepEqual(linkedPick('?pick=1,4,4,0,-2,x,99999'), [0, 3]);
  assert.deepEqual(linkedMatrix('?look=steps&mark=3'), { view: 'steps', column: 2 });
  assert.deepEqual(linkedMatrix('?look=other'), {});
  assert.deepEqual(numbersIn(undefined), []);
});

test('what a link says of the page stays as one goes', () => {
  assert.deepEqual(lasting({ present: '1', dataset: 'x', at: '2' }), { present: '1', at: '2' });
});
