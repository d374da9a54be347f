// @ts-check
// The grid: a cell for each pair of values, with its first images and the chosen score. It fills as
// the cells come; another score is shown of what is there.

/** @import { Component } from '../page.js' */
/** @import { Swept, SweptCell, SweptExample } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { find, make } from '../draw/element.js';
import { fill } from '../draw/select.js';
import { Cell } from './cell.js';
import { choicesOf } from './tint.js';
import { walk } from './walk.js';

/** @typedef {(token: string) => Promise<SweptCell>} Fetch */
/** @typedef {(nothing: null) => Promise<SweptExample | null>} FetchExample */

const USUAL = 'latents coverage';
const HELP =
  'A cell opens its run in Explore, in another tab of the browser. Arrow keys walk the cells.';
const EXAMPLE = 'an example, made before; press Sweep for one of your own';
const LEGEND = [
  ['worse', '▼ worse than random real images'],
  ['like', '● within their spread'],
  ['better', '▲ better'],
];

class Grid {
  /**
   * @param {HTMLElement} root
   * @param {Fetch} fetch fetches a finished cell
   */
  constructor(root, fetch) {
    this.fetch = fetch;
    this.title = make('span', 'd-h');
    this.score = make('select');
    this.score.addEventListener('change', () => this.drawCells());
    const label = make('label', 'd-muted', 'coloured by ');
    label.append(this.score);
    label.hidden = true; // until there is a score to choose
    this.choice = label;
    const legend = make('span', 'd-tints');
    legend.append(...LEGEND.map(([grade, words]) => make('span', `d-tint ${grade}`, words)));
    const bar = make('div', 'd-bar');
    this.count = make('span', 'd-muted');
    this.count.setAttribute('role', 'status');
    bar.append(this.title, this.count, label, legend);
    this.grid = make('div', 'd-grid');
    this.grid.setAttribute('role', 'grid');
    this.grid.addEventListener('keydown', (event) => this.key(event));
    const frame = make('div', 'd-swipe');
    frame.append(this.grid);
    this.note = make('p', 'd-note', HELP);
    root.append(bar, frame, this.note);
    /** @type {Swept | null} */
    this.swept = null;
    /** @type {Map<string, Cell>} by their places */
    this.cells = new Map();
    /** @type {Map<string, SweptCell | null>} finished cells by their tokens; null: on its way */
    this.done = new Map();
    /** @type {SweptExample | null} what is shown before a sweep */
    this.example = null;
    /** why cells that are not there yet do not come */
    this.notice = '';
    this.at = { row: 0, column: 0 };
    this.looked = false; // whether a cell was looked at
    on('end', ({ run, how }) => {
      if (run !== 'sweep') return;
      this.notice = how === 'ended' ? this.notice : how;
      this.drawCells();
    });
  }

  /** @param {Swept | null} swept */
  take(swept) {
    if (!swept) return;
    const fresh = swept.id !== this.swept?.id;
    this.swept = swept;
    if (fresh) {
      if (swept.id) say('followed', { run: 'sweep', id: swept.id });
      this.notice = '';
      this.done.clear();
      this.lay(swept);
    }
    for (const shown of Object.values(swept.cells)) if (!shown.live) this.bring(shown.token);
    this.drawCells();
  }

  /** @param {SweptExample | null} example shown until there is a sweep */
  exemplify(example) {
    if (this.swept?.id || !example) return;
    this.example = example;
    this.swept = example.swept;
    this.lay(example.swept);
    this.drawCells();
  }

  /** @param {string} token */
  async bring(token) {
    if (this.done.has(token)) return;
    const { done } = this;
    done.set(token, null);
    try {
      done.set(token, await this.fetch(token));
    } catch {
      done.delete(token); // it is asked for again with the next cell that comes
    }
    this.drawCells();
  }

  /** @param {Swept} swept */
  lay({ words, axes: [columns, rows] }) {
    this.title.textContent = words;
    this.at = { row: 0, column: 0 };
    this.cells.clear();
    this.grid.setAttribute('aria-label', `${columns.title}${rows ? ` by ${rows.title}` : ''}`);
    this.grid.style.setProperty('--n', String(columns.values.length));
    const head = makeRow();
    const corner = head.appendChild(make('span', 'd-corner-words'));
    corner.setAttribute('role', 'columnheader');
    if (rows) corner.append(make('span', '', `${rows.title} ↓`));
    corner.append(make('b', '', `${columns.title} →`));
    for (const value of columns.values) head.append(makeHead('columnheader', value));
    const lines = (rows?.values ?? [null]).map((value, row) => {
      const line = makeRow();
      line.append(makeHead('rowheader', value));
      for (const column of columns.values.keys()) line.append(this.makeCell(row, column));
      return line;
    });
    this.grid.replaceChildren(head, ...lines);
  }

  /**
   * @param {number} row
   * @param {number} column
   */
  makeCell(row, column) {
    const cell = new Cell(() => {
      this.at = { row, column };
      this.looked = true;
      this.drawStop();
    });
    this.cells.set(`${row} ${column}`, cell);
    return cell.node;
  }

  drawCells() {
    const { swept } = this;
    if (!swept) return;
    const example = swept.id ? null : this.example;
    const there = example ? Object.values(example.cells) : [...this.done.values()];
    const found = there.find((cell) => cell !== null);
    if (found) {
      fill(this.score, choicesOf(found), this.score.value || USUAL);
      this.choice.hidden = false;
    }
    const made = Object.values(swept.cells).filter(({ live }) => !live).length;
    const waits = example ? EXAMPLE : '';
    this.count.textContent = swept.id ? `${made} of ${this.cells.size} there` : waits;
    const [columns, rows] = swept.axes;
    for (const [place, cell] of this.cells) {
      const [row, column] = place.split(' ').map(Number);
      const where = [rows, columns]
        .map((axis, k) => axis && `${axis.title} ${axis.values[k ? column : row]}`)
        .filter(Boolean)
        .join(', ');
      const shown = swept.cells[place];
      const own = shown && !shown.live ? this.done.get(shown.token) : null;
      const done = example ? example.cells[place] : own;
      if (done) cell.show(done, this.score.value, where);
      else if (shown?.live && shown.failed) cell.wait(shown.words, where, 'd-bad');
      else cell.wait(this.notice || (shown?.live ? shown.words : ''), where);
    }
    this.drawStop();
  }

  /** The cell that the Tab key leads to is the one that was looked at last. */
  drawStop() {
    const { row, column } = this.at;
    const words = this.cells.get(`${row} ${column}`)?.words;
    this.note.textContent = this.looked && words ? words : HELP;
    for (const [place, { link }] of this.cells)
      link.tabIndex = place === `${row} ${column}` ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const [columns, rows] = this.swept?.axes ?? [];
    if (!columns) return;
    const size = { rows: rows?.values.length ?? 1, columns: columns.values.length };
    const to = walk(this.at, event.key, size, event.ctrlKey);
    if (!to) return;
    event.preventDefault();
    this.cells.get(`${to.row} ${to.column}`)?.link.focus();
  }
}

function makeRow() {
  const row = make('div', 'd-row');
  row.setAttribute('role', 'row');
  return row;
}

/**
 * @param {'columnheader' | 'rowheader'} role
 * @param {number | null} value
 */
function makeHead(role, value) {
  const head = make('span', 'd-value', value === null ? '' : String(value));
  head.setAttribute('role', role);
  return head;
}

/** @param {Component<Swept>} component */
export async function mount({ element, props, server, watch }) {
  const grid = new Grid(find(element, '.d-sweep'), /** @type {Fetch} */ (server.handed_cell));
  const example = /** @type {FetchExample} */ (server.sweep_before_a_run);
  watch('value', () => grid.take(props.value));
  grid.take(props.value);
  grid.exemplify(await example(null));
}
