// @ts-check
// The papers' tables, below what was measured here and apart from it; closed until opened.

/** @import { PapersTable } from '../payloads.d.ts' */

import { make } from '../draw/element.js';

const APART =
  'None of these numbers was measured here, and none compares with those above: they are of ' +
  'other images, at 224 or 256 pixels, by other settings, and most are the best test of a ' +
  'training. Compare numbers of one table alone.';

export class Papers {
  constructor() {
    this.node = make('details', 'd-papers');
    this.tables = make('div');
    this.node.append(
      make('summary', 'd-h', 'What papers print of the same classes'),
      make('p', 'd-note d-muted', APART),
      this.tables,
    );
  }

  /** @param {readonly PapersTable[]} tables */
  show(tables) {
    this.node.hidden = tables.length === 0;
    this.tables.replaceChildren(...tables.map(makeTable));
  }
}

/** @param {PapersTable} table */
function makeTable({ caption, methods, rows }) {
  const frame = make('div', 'd-printed');
  frame.tabIndex = 0; // to be scrolled by keyboard where it is too wide
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', caption);
  const table = frame.appendChild(make('table'));
  const head = make('thead');
  const titles = head.appendChild(make('tr'));
  for (const title of ['net', 'images a class', ...methods]) {
    const cell = titles.appendChild(make('th', '', title));
    cell.scope = 'col';
  }
  const body = make('tbody');
  for (const { net, images, cells } of rows) {
    const line = body.appendChild(make('tr'));
    const first = line.appendChild(make('th', '', net));
    first.scope = 'row';
    line.append(...[images, ...cells].map((text) => make('td', '', text)));
  }
  table.append(make('caption', '', caption), head, body);
  return frame;
}
