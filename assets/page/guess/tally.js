// @ts-check
// How the guesses of a visit went, counted without scolding.

/** @import { GuessAnswer, GuessFound } from '../payloads.d.ts' */

/**
 * @typedef {object} Tally
 * @property {number} asked questions about two sets
 * @property {number} told of these, those whose sets the study tells apart
 * @property {number} same of those, those where the guess was what the study found
 * @property {number} sheets of real and distilled images
 * @property {number} images on those
 * @property {number} right of these images, those that were put where they belong
 */

/** @type {Readonly<Tally>} */
export const NONE = { asked: 0, told: 0, same: 0, sheets: 0, images: 0, right: 0 };

/**
 * @param {Readonly<Tally>} tally
 * @param {Pick<GuessAnswer, 'guess' | 'better'>} answer
 * @returns {Tally}
 */
export function withAnswer(tally, { guess, better }) {
  return {
    ...tally,
    asked: tally.asked + 1,
    told: tally.told + Number(better !== null),
    same: tally.same + Number(better === guess),
  };
}

/**
 * @param {Readonly<Tally>} tally
 * @param {Pick<GuessFound, 'right'>} found
 * @param {number} images on its sheet
 * @returns {Tally}
 */
export function withSheet(tally, { right }, images) {
  return {
    ...tally,
    sheets: tally.sheets + 1,
    images: tally.images + images,
    right: tally.right + right,
  };
}

/**
 * The count of one game in words.
 * @param {Readonly<Tally>} tally
 * @param {'pair' | 'real'} game
 */
export function wordsOf({ asked, told, same, sheets, images, right }, game) {
  if (game === 'real') {
    if (!sheets) return '';
    const many = `${sheets} sheet${sheets > 1 ? 's' : ''}`;
    return `So far: ${many}, ${right} of ${images} images where they belong.`;
  }
  if (!asked) return '';
  const open = asked - told;
  return [
    `So far: ${asked} question${asked > 1 ? 's' : ''}.`,
    told
      ? `The study tells the sets of ${told} apart; ${same} of your guesses are as it found.`
      : '',
    open ? `The study does not tell the sets of ${open} apart; there no guess is wrong.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}
