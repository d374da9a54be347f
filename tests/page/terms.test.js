// The terms that stand in a text.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { finderOf } from '../../assets/page/values/terms.js';

const WORDS = [
  { term: 'MMD', forms: ['mmd', 'mmd²'] },
  { term: 'Witness', forms: ['witness'] },
  { term: 'Steps', forms: ['=steps'] },
  { term: 'CFG', forms: ['class guidance (cfg)', 'cfg'] },
];
const find = finderOf(WORDS);
/** @param {string} text */
const termsOf = (text) => find(text).map(({ term }) => term);

test('terms are found in any case, and nowhere inside other words', () => {
  assert.deepEqual(termsOf('The MMD witness'), ['MMD', 'Witness']);
  assert.deepEqual(termsOf('eyewitness, MMDs'), []);
});

test('the longest form is taken', () => {
  const [{ start, end, whole }] = find(' Class guidance (CFG) ');
  assert.equal(' Class guidance (CFG) '.slice(start, end), 'Class guidance (CFG)');
  assert.equal(whole, true);
  const [mmd] = find('MMD², half bandwidth');
  assert.equal(mmd.end, 4);
  assert.equal(mmd.whole, false);
});

test('a whole label is found as a label alone', () => {
  assert.deepEqual(termsOf('Steps'), ['Steps']);
  assert.deepEqual(termsOf('20 steps'), []);
});

test('no form of the glossary belongs to two terms', () => {
  const path = new URL('../../assets/words.json', import.meta.url);
  /** @type {{ term: string, forms: string[] }[]} */
  const words = JSON.parse(readFileSync(path, 'utf8'));
  const forms = words.flatMap((word) => word.forms);
  assert.equal(new Set(forms).size, forms.length);
  for (const { term, forms: own } of words) {
    for (const form of own) {
      assert.equal(form, form.toLowerCase());
      assert.deepEqual(
        finderOf(words)(form.replace('=', '')).map((found) => found.term),
        [term],
      );
    }
  }
});

test('no words, no terms', () => {
  assert.deepEqual(finderOf([])('MMD'), []);
});
