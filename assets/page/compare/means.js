// @ts-check
// The scores of whole sets: a row for each score, a column for each lane, each cell the mean over
// the classes; beneath them the accuracies of nets that were trained on the sets.

/** @import { Mean, Measure, Row, WholeLane } from '../payloads.d.ts' */

import { make } from '../draw/element.js';
import { between, percent, short } from '../values/format.js';
import { makeHead } from './head.js';
import { accuracies, sets } from './sets.js';

const ABOUT =
  'The number behind ± is the spread between the classes. Bold: beyond what nineteen of twenty ' +
  'means of random real images reach.';

/**
 * The means in a space; null where there are none yet.
 * @param {string} space "latents" or "features"
 */
export function makeMeans(space) {
  const { whole, means } = sets;
  if (!whole || !means) return null;
  const lanes = whole.lanes.filter(({ made }) => made.length);
  const table = make('table', 'd-means');
  table.style.setProperty('--lanes', String(lanes.length));
  table.append(make('caption', '', ABOUT));
  table.append(makeHead(lanes));
  const body = table.appendChild(make('tbody'));
  for (const measure of means.measures)
    if (measure.space === space || measure.space === 'judge') body.append(rowOf(measure, lanes));
  for (const { table: found, rows } of accuracies())
    body.append(
      makeRow('Accuracy, %', found.caption, lanes, (cell, { slot }) => {
        const row = rows.get(slot);
        if (row) fillAccuracy(cell, row);
      }),
    );
  return table;
}

/**
 * @param {Measure} measure
 * @param {readonly WholeLane[]} lanes
 */
function rowOf(measure, lanes) {
  return makeRow(measure.title, measure.about, lanes, (cell, { slot }) => {
    const mean = measure.lanes[slot];
    if (mean) fillMean(cell, mean, measure.unit);
  });
}

/**
 * @param {string} title
 * @param {string} about
 * @param {readonly WholeLane[]} lanes
 * @param {(cell: HTMLElement, lane: WholeLane) => void} fill
 */
function makeRow(title, about, lanes, fill) {
  const row = make('tr');
  const head = row.appendChild(make('th'));
  head.scope = 'row';
  head.append(title, make('small', '', about));
  for (const lane of lanes) fill(row.appendChild(make('td')), lane);
  return row;
}

/**
 * @param {HTMLElement} cell
 * @param {Mean} mean
 * @param {string} unit
 */
function fillMean(cell, { mean, spread, count, real, chance, grade }, unit) {
  cell.className = grade;
  cell.append(
    make(grade === 'like' ? 'span' : 'b', 'd-value', short(mean) + (mean === null ? '' : unit)),
  );
  if (spread !== null) cell.append(` ± ${short(spread)}`);
  if (real === null || chance === null) return;
  cell.append(make('small', '', `random real: ${short(real)} ± ${short(chance)}`));
  const words = { better: 'better than', worse: 'worse than', like: 'like' };
  cell.title = `${words[grade]} random real images, over ${count} classes`;
  if (grade !== 'like') cell.append(make('span', 'd-sr', `, ${words[grade]} random real images`));
}

/**
 * @param {HTMLElement} cell
 * @param {Row} row
 */
function fillAccuracy(cell, { mean, low, high, seeds, verdict, grade }) {
  cell.className = grade;
  cell.append(
    make(grade === 'like' ? 'span' : 'b', 'd-value', mean === null ? '–' : percent(mean)),
  );
  const nets = `${seeds} net${seeds === 1 ? '' : 's'}`;
  cell.append(make('small', '', `${between(low, high, percent)}, ${nets}`));
  if (verdict) cell.append(make('small', '', verdict));
}
