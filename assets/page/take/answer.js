// @ts-check
// Answers of the server to whoever takes something along.

/** @import { Refusal } from '../payloads.d.ts' */

/**
 * What was asked for.
 * @template {object} T
 * @param {Promise<T | Refusal | undefined>} asked
 * @returns {Promise<T>}
 * @throws {Error} with the words of a refusal, or where no answer came
 */
export async function answerTo(asked) {
  const answer = await asked;
  if (!answer) throw new Error('The server did not answer. Try again.');
  if ('refused' in answer) throw new Error(answer.refused);
  return answer;
}

/** The address of the page, without what a link says. */
export const address = () => `${location.origin}${location.pathname}`;

/** @param {Readonly<Record<string, string>>} query */
export const linkTo = (query) => `${address()}?${new URLSearchParams(query)}`;
