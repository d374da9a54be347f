// @ts-check
// A sheet of real and distilled images: those taken for real are marked, then it is said which
// were.

/** @import { GuessFound, GuessQuestion } from '../payloads.d.ts' */

import { arrows } from '../draw/arrows.js';
import { make, makeButton, press } from '../draw/element.js';
import { makeLink } from '../draw/link.js';
import { placeOf, tile } from '../draw/tile.js';

/**
 * The sheet, whose images are marked by a click until it was said which are real.
 * @param {GuessQuestion} question
 * @param {GuessFound | null} found
 * @param {(marked: number[]) => void} guess
 */
export function makeMix(question, found, guess) {
  const node = make('div', 'd-mixed');
  const grid = node.appendChild(make('div', 'd-mixed-sheet'));
  const [{ sheet, n, columns }] = question.sheets;
  if (found) {
    for (let k = 0; k < n; k++) {
      const cell = grid.appendChild(make('div'));
      tile(cell, sheet, placeOf(k, n, columns));
      said(cell, k, found);
    }
    return node;
  }
  /** @type {Set<number>} */
  const marked = new Set();
  const count = make('span', 'd-muted', 'none is marked yet');
  const cells = Array.from({ length: n }, (_, k) => {
    const cell = makeButton('', '', () => {
      if (!marked.delete(k)) marked.add(k);
      press(cell, marked.has(k));
      count.textContent = `${marked.size} of ${n} marked as real`;
    });
    cell.setAttribute('aria-label', `image ${k + 1}: real`);
    press(cell, false);
    tile(cell, sheet, placeOf(k, n, columns));
    return cell;
  });
  grid.append(...cells);
  arrows(grid, () => cells);
  const bar = node.appendChild(make('div', 'd-bar'));
  bar.setAttribute('role', 'status');
  bar.append(
    makeButton('d-done', 'Show which are real', () => guess([...marked])),
    count,
  );
  return node;
}

/**
 * @param {HTMLElement} cell
 * @param {number} k
 * @param {GuessFound} found
 */
function said(cell, k, { real, marked }) {
  const [is, taken] = [real.includes(k), marked.includes(k)];
  cell.className = is ? 'd-is-real' : '';
  cell.setAttribute('role', 'img');
  const taking = taken ? 'taken for real' : 'taken for distilled';
  cell.setAttribute('aria-label', `image ${k + 1}: ${is ? 'real' : 'distilled'}, ${taking}`);
  cell.append(make('b', '', is ? 'real' : 'distilled'));
  if (taken) cell.append(make('small', '', 'marked'));
}

/** @param {GuessFound} found */
export function makeFound({ look, links }) {
  const node = make('div', 'd-answer');
  const bar = make('p');
  for (const [words, query] of Object.entries(links)) {
    const link = makeLink(query);
    link.className = 'd-link';
    link.textContent = `Open ${words} in Explore`;
    bar.append(link, ' ');
  }
  node.append(make('p', '', look), bar);
  return node;
}
