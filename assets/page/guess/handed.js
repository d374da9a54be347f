// @ts-check
// A question that another part hands over: it waits until the tab of guesses is there.

/** @import { GuessQuestion } from '../payloads.d.ts' */

/** @type {GuessQuestion | null} */
let waiting = null;
/** @type {((question: GuessQuestion) => void) | null} */
let taker = null;

/** @param {GuessQuestion} question */
export function hand(question) {
  if (taker) taker(question);
  else waiting = question;
}

/** @param {(question: GuessQuestion) => void} take */
export function takeHanded(take) {
  taker = take;
  if (waiting) take(waiting);
  waiting = null;
}
