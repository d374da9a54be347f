// @ts-check
// The accuracies: a table for each contest, of all that is finished.

/** @import { Component } from '../page.js' */
/** @import { Full, Row, Table } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { find, make, makeButton } from '../draw/element.js';
import { shared } from '../state.js';
import { between, percent, signed } from '../values/format.js';

const HEADS = [
  '',
  'images a class',
  'accuracy, %',
  '95 % interval',
  'each seed',
  'minus random real',
  '95 % interval',
  '',
];
const ABOUT =
  'A set’s name is a link that makes it again. Intervals are Student’s over the seeds; ' +
  'differences are taken seed by seed. Accuracies compare within one table.';

/** @param {Component<null>} component */
export function mount({ element }) {
  const root = find(element, '.d-accuracies');
  let shown = '';
  const draw = () => {
    const tables = shared.evaluation?.tables ?? [];
    const text = JSON.stringify(tables);
    if (text === shown) return; // redrawn for nothing, it would lose focus and scroll
    shown = text;
    root.replaceChildren(...tables.map(makeTable), makeFoot());
    root.hidden = !tables.length;
  };
  on('evaluation', draw);
  draw();
}

/** @param {Table} table */
function makeTable({ caption, rows, full }) {
  const box = make('div', 'd-table');
  box.tabIndex = 0; // to be scrolled by keyboard where it is too wide
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', caption);
  const table = box.appendChild(make('table'));
  table.append(make('caption', '', caption));
  const head = table.appendChild(make('thead')).appendChild(make('tr'));
  head.append(...HEADS.map((text) => make('th', '', text)));
  const body = table.appendChild(make('tbody'));
  body.append(...rows.map(rowOf));
  if (full) body.append(fullRow(full));
  return box;
}

/** @param {Row} row */
function rowOf(row) {
  const name = row.link ? makeLink(row.name, row.link) : row.name;
  const { low, high, difference, difference_low, difference_high } = row;
  return makeRow(name, row.grade, [
    row.images,
    row.mean === null ? '' : percent(row.mean),
    between(low, high, percent),
    row.each.map(percent).join(' · '),
    difference === null ? '' : signed(difference),
    difference === null ? '' : between(difference_low, difference_high, signed),
    row.verdict,
  ]);
}

/** @param {Full} full */
function fullRow({ mean, each }) {
  const seeds = each.map(percent).join(' · ');
  return makeRow('all real images', '', ['all', percent(mean), '–', seeds, '', '', '']);
}

/**
 * @param {string | Node} name
 * @param {string} grade of the verdict, which stands last
 * @param {string[]} texts
 */
function makeRow(name, grade, texts) {
  const head = make('th');
  head.scope = 'row';
  head.append(name);
  const row = make('tr');
  row.append(head, ...texts.map((text) => make('td', '', text)));
  if (grade) row.lastElementChild?.classList.add(grade);
  return row;
}

/**
 * @param {string} name
 * @param {Record<string, string>} query
 */
function makeLink(name, query) {
  const link = make('a', 'd-link', name);
  link.href = `?${new URLSearchParams(query)}`;
  link.target = '_blank'; // what is on this page stays
  link.rel = 'noopener';
  return link;
}

function makeFoot() {
  const foot = make('div', 'd-bar');
  foot.append(makeButton('d-pill', 'Download CSV', save), make('span', '', ABOUT));
  return foot;
}

function save() {
  const csv = shared.evaluation?.csv ?? '';
  const link = make('a');
  link.href = URL.createObjectURL(new Blob([csv], { type: 'text/csv' }));
  link.download = 'accuracies.csv';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
