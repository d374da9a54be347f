// @ts-check
// Every discrepancy between the set and the class, as a table.

/** @import { Score } from '../payloads.d.ts' */

import { make } from '../draw/element.js';
import { short } from '../values/format.js';

const ABOUT =
  'Half of the class is the reference; beside the set, 50 random draws of as many images of the ' +
  'other half. Hover over a name for what it measures.';
const HEADS = ['', 'this set', 'random real', ''];

export class DiscrepancyTable {
  constructor() {
    this.node = make('details', 'd-kernel d-frame');
    this.body = make('div');
    this.node.append(
      make('summary', '', 'Every discrepancy between the set and the class'),
      make('p', '', ABOUT),
      this.body,
    );
  }

  /** @param {readonly Score[]} rows of one space */
  show(rows) {
    const table = make('table');
    const head = table.appendChild(make('thead')).appendChild(make('tr'));
    head.append(...HEADS.map((text) => make('th', '', text)));
    table.appendChild(make('tbody')).append(...rows.map(makeRow));
    this.body.replaceChildren(table);
  }

  /** @param {string} words why there is none yet */
  wait(words) {
    this.body.replaceChildren(make('p', '', words));
  }
}

/** @param {Score} score */
function makeRow({ title, about, value, mean, spread, grade, verdict }) {
  const head = make('th', '', title);
  head.scope = 'row';
  head.title = about;
  const row = make('tr');
  row.append(
    head,
    make('td', grade, short(value)),
    make('td', '', mean === null ? '' : `${short(mean)} ± ${short(spread)}`),
    make('td', grade, verdict),
  );
  return row;
}
