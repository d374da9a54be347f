// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NONE, withAnswer, withSheet, wordsOf } from '../../assets/page/guess/tally.js';

test('nothing is said before the first guess', () => {
  assert.equal(wordsOf(NONE, 'pair'), '');
  assert.equal(wordsOf(NONE, 'real'), '');
});

test('a guess counts where the study tells the two apart, and is never wrong where not', () => {
  let tally = withAnswer(NONE, { guess: 0, better: null });
  assert.equal(
    wordsOf(tally, 'pair'),
    'So far: 1 question. The study does not tell the sets of 1 apart; there no guess is wrong.',
  );
  tally = withAnswer(tally, { guess: 1, better: 1 });
  tally = withAnswer(tally, { guess: 0, better: 1 });
  tally = withAnswer(tally, { guess: 0, better: 0 });
  assert.deepEqual([tally.asked, tally.told, tally.same], [4, 3, 2]);
  assert.match(wordsOf(tally, 'pair'), /^So far: 4 questions\. .* 3 apart; 2 of your guesses/);
  assert.doesNotMatch(wordsOf(tally, 'pair'), /wrong guess|mistake|fail/);
});

test('the count that was before stays as it was', () => {
  withAnswer(NONE, { guess: 0, better: 0 });
  withSheet(NONE, { right: 3 }, 12);
  assert.equal(NONE.asked + NONE.sheets, 0);
});

test('sheets are counted by their images', () => {
  const one = withSheet(NONE, { right: 9 }, 12);
  assert.equal(wordsOf(one, 'real'), 'So far: 1 sheet, 9 of 12 images where they belong.');
  const two = withSheet(one, { right: 12 }, 12);
  assert.equal(wordsOf(two, 'real'), 'So far: 2 sheets, 21 of 24 images where they belong.');
  assert.equal(wordsOf(two, 'pair'), '');
});
