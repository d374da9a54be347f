// @ts-check
// Two sets side by side without their names, and what is said once the guess has come.

/** @import { GuessAnswer, GuessQuestion, GuessSheet, GuessSide } from '../payloads.d.ts' */

import { arrows } from '../draw/arrows.js';
import { make, makeButton } from '../draw/element.js';
import { makeLink } from '../draw/link.js';
import { addShape, makeSvg } from '../draw/svg.js';
import { placeOf, tile } from '../draw/tile.js';
import { scaleFor } from '../evaluate/places.js';
import { percent, short } from '../values/format.js';

const SIDES = ['A', 'B']; // they stand below each other where there is little room

/**
 * The question, with a button under each set until one was guessed.
 * @param {GuessQuestion} question
 * @param {GuessAnswer | null} answer
 * @param {(guess: number) => void} guess
 */
export function makePair(question, answer, guess) {
  const node = make('div', 'd-versus');
  /** @type {HTMLButtonElement[]} */
  const buttons = [];
  for (const [k, sheet] of question.sheets.entries()) {
    const side = node.appendChild(make('section'));
    const title = make('h3', '', answer ? answer.sides[k].name : `Set ${SIDES[k]}`);
    side.append(title, makeSheet(sheet, `${sheet.n} images of set ${SIDES[k]}`));
    if (answer) side.append(make('p', 'd-muted', k === answer.guess ? 'your guess' : '\u00a0'));
    else {
      const words = `Set ${SIDES[k]} teaches better`;
      buttons.push(side.appendChild(makeButton('d-done', words, () => guess(k))));
    }
  }
  arrows(node, () => buttons);
  return node;
}

/**
 * @param {GuessSheet} sheet
 * @param {string} words
 */
function makeSheet({ sheet, n, columns }, words) {
  const node = make('div', 'd-ten');
  node.setAttribute('role', 'img');
  node.setAttribute('aria-label', words);
  for (let k = 0; k < n; k++) tile(node.appendChild(make('i')), sheet, placeOf(k, n, columns));
  return node;
}

/**
 * What is known of the two sets.
 * @param {GuessAnswer} answer
 */
export function makeAnswer(answer) {
  const node = make('div', 'd-answer');
  const link = makeLink(answer.link);
  link.className = 'd-link';
  link.textContent = 'Open both in Compare';
  const measured = make('details', 'd-note d-muted');
  measured.append(
    make('summary', '', 'How the accuracies were measured'),
    ...answer.measured.slice(1).map((text) => make('p', '', text)),
  );
  node.append(
    makeAccuracies(answer),
    make('p', '', `${answer.difference} ${answer.measured[0]}`),
    ...makeScores(answer),
    make('p', '', answer.look),
    link,
    measured,
  );
  return node;
}

/** @param {GuessAnswer} answer */
function makeAccuracies({ sides }) {
  const table = make('table');
  const scale = scaleFor([...sides], false);
  table.append(make('caption', '', 'accuracy of a net, in percent, and its 95 % interval'));
  const body = table.appendChild(make('tbody'));
  for (const side of sides) {
    const row = body.appendChild(make('tr'));
    const head = row.appendChild(make('th'));
    head.scope = 'row';
    const link = head.appendChild(makeLink(side.link));
    link.className = 'd-link';
    link.textContent = side.name;
    link.title = 'Opens these images in Explore.';
    row.appendChild(make('td', 'd-line')).append(makeInterval(side, scale.at));
    const interval = `${percent(side.low)} to ${percent(side.high)}`;
    row.append(make('td', '', percent(side.mean)), make('td', '', interval));
  }
  return scrolled(table, 'accuracies');
}

/**
 * @param {GuessSide} side
 * @param {(value: number) => number} at
 */
function makeInterval({ mean, low, high }, at) {
  const svg = makeSvg({ width: '100%', height: 18 });
  addShape(svg, 'line', { x1: `${at(low)}%`, x2: `${at(high)}%`, y1: 9, y2: 9 });
  addShape(svg, 'circle', { cx: `${at(mean)}%`, cy: 9, r: 4 });
  return svg;
}

/** @param {GuessAnswer} answer */
function makeScores({ scores, sides }) {
  if (!scores.length) return [];
  const table = make('table');
  const real = sides.some(({ link }) => link.method === 'random');
  const words = 'scores of these images that differ beyond the spread of chance';
  const more = real ? '; of random real images the mean of many draws stands here' : '';
  table.append(make('caption', '', words + more));
  const head = table.appendChild(make('thead')).appendChild(make('tr'));
  for (const title of ['score', ...sides.map(({ name }) => name)]) {
    const cell = head.appendChild(make('th', '', title));
    cell.scope = 'col';
  }
  const body = table.appendChild(make('tbody'));
  for (const { title, about, left, right } of scores) {
    const row = body.appendChild(make('tr'));
    const name = row.appendChild(make('th', '', title));
    name.scope = 'row';
    name.title = about;
    row.append(make('td', '', short(left)), make('td', '', short(right)));
  }
  return [scrolled(table, 'scores')];
}

/**
 * A table that can be scrolled by keyboard where it is too wide.
 * @param {HTMLTableElement} table
 * @param {string} words
 */
function scrolled(table, words) {
  const node = make('div', 'd-guess-table');
  node.tabIndex = 0;
  node.setAttribute('role', 'region');
  node.setAttribute('aria-label', words);
  node.append(table);
  return node;
}
