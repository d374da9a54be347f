// @ts-check
// The matrix: a row for each lane, a column for each noise. What is the same down a column is what
// the noise makes; what differs is what the methods make of it.

/** @import { Component } from '../page.js' */
/** @import { Lineup, Race, Run } from '../payloads.d.ts' */
/** @import { View } from './look.js' */

import { on } from '../bus.js';
import { find, make } from '../draw/element.js';
import { Segment } from '../draw/segment.js';
import { linkedMatrix } from '../explore/linked.js';
import { Large } from './large.js';
import { setting } from './lineup.js';
import { look, lookAt, marked } from './look.js';
import { runOf, state, take } from './results.js';
import { Row } from './row.js';
import { Scrubber } from './scrubber.js';
import { walked } from './walk.js';

/** @type {[View, string][]} */
const VIEWS = [
  ['images', 'images'],
  ['steps', 'steps'],
  ['difference', 'difference'],
];
const VIEW_TITLES = {
  images: 'the finished images',
  steps: 'how they came about, step by step',
  difference: 'how far each image is from that of another lane, from the same noise',
};
const MANY = 7; // images, from which on they need the whole width
const HELP =
  'Each column begins with the same noise, but where a lane says otherwise. Click an image to ' +
  'see it large; ← → walk the columns, ↑ ↓ the lanes.';

class Matrix {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.grid = make('div', 'd-matrix');
    this.grid.setAttribute('role', 'grid');
    this.grid.setAttribute('aria-label', 'images by lane and noise');
    this.note = make('p', 'd-note', HELP);
    this.scrubber = new Scrubber();
    this.large = new Large();
    /** @type {Segment<View>} */
    this.views = new Segment('', (view) => this.view(view));
    this.views.offer(VIEWS, VIEW_TITLES);
    const bar = make('div', 'd-bar');
    bar.append(
      make('span', 'd-h', 'Each column begins with the same noise'),
      this.scrubber.node,
      this.views.node,
    );
    const frame = make('div', 'd-swipe');
    frame.append(this.grid);
    root.append(bar, frame, this.note, this.large.node);
    /** @type {Map<number, Row>} by slot */
    this.rows = new Map();
    /** @type {Set<number | null>} slots that are to be drawn; null is all */
    this.waiting = new Set();
    this.listen();
  }

  listen() {
    this.grid.addEventListener('pointerleave', () => lookAt({ over: null }));
    this.grid.addEventListener('keydown', (event) => this.key(event));
  }

  /** @param {View} view */
  view(view) {
    const first = setting.lineup?.lanes.find((lane) => runOf(lane.slot) && !isReal(lane.slot));
    lookAt({ view, base: look.base ?? first?.slot ?? null, at: view === 'steps' ? look.at : 1 });
  }

  /** @param {Lineup} lineup */
  draw(lineup) {
    const n = Math.max(lineup.ipc, 1);
    this.grid.style.setProperty('--n', String(n));
    this.grid.classList.toggle('d-many', n >= MANY); // the names stand above the images
    const slots = lineup.lanes.map(({ slot }) => slot);
    for (const [slot, row] of this.rows)
      if (!slots.includes(slot)) {
        row.node.remove();
        this.rows.delete(slot);
      }
    const rows = lineup.lanes.map(({ slot }) => this.rows.get(slot) ?? this.makeRow(slot));
    if (rows.some(({ node }, k) => this.grid.children[k] !== node))
      this.grid.replaceChildren(...rows.map(({ node }) => node));
    for (const [k, row] of rows.entries()) row.draw(lineup, lineup.lanes[k]);
    this.drawLook();
  }

  /**
   * Draws one lane, or all, in the next frame: of what comes between two frames the last is drawn.
   * @param {number | null} slot
   */
  drawSoon(slot) {
    if (!this.waiting.size) requestAnimationFrame(() => this.drawWaiting());
    this.waiting.add(slot);
  }

  drawWaiting() {
    const { lineup } = setting;
    const slots = new Set(this.waiting);
    this.waiting.clear();
    if (!lineup) return;
    if (slots.has(null)) return this.draw(lineup);
    for (const lane of lineup.lanes)
      if (slots.has(lane.slot)) this.rows.get(lane.slot)?.draw(lineup, lane);
  }

  /** @param {number} slot */
  makeRow(slot) {
    const row = new Row(slot, (column) => this.open(slot, column));
    this.rows.set(slot, row);
    return row;
  }

  drawLook() {
    this.views.show(look.view);
    this.scrubber.draw();
    for (const row of this.rows.values()) row.drawLook(marked(), this.stop(row));
    this.large.draw();
  }

  /**
   * The column that the Tab key leads to in a row, if it leads there.
   * @param {Row} row
   */
  stop(row) {
    const rows = [...this.rows.values()];
    const chosen = rows.find(({ slot }) => slot === look.slot) ?? rows[0];
    return row === chosen ? Math.min(look.column ?? 0, row.cells.length - 1) : null;
  }

  /**
   * @param {number} slot
   * @param {number} column
   */
  open(slot, column) {
    lookAt({ slot, column });
    if (runOf(slot)) this.large.open();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const lanes = setting.lineup?.lanes ?? [];
    const row = [...this.rows.values()].find(({ cells }) => cells.some(isFocused));
    if (!row) return;
    if (event.key === 'Escape') return lookAt({ column: null, slot: null });
    const lane = lanes.findIndex(({ slot }) => slot === row.slot);
    const at = walked(event.key, { lane, column: row.focused() }, row.cells.length - 1);
    if (!at) return;
    event.preventDefault();
    const to = this.rows.get(lanes[at.lane]?.slot ?? -1);
    if (!to?.cells[at.column]) return;
    to.cells[at.column].focus();
    lookAt({ slot: to.slot, column: at.column });
  }
}

/** @param {HTMLElement} cell */
const isFocused = (cell) => cell === document.activeElement;

/** @param {number} slot */
const isReal = (slot) => state.told?.begins[slot] === 'real';

/** @param {Component<Race>} component */
export function mount({ element, props, server, watch }) {
  const fetch = /** @type {(token: string) => Promise<Run>} */ (server.handed);
  lookAt(linkedMatrix(location.search));
  const matrix = new Matrix(find(element, '.d-matrix-frame'));
  on('lineup', (lineup) => matrix.draw(lineup));
  on('lanes', (slot) => matrix.drawSoon(slot));
  on('look', () => matrix.drawLook());
  on('large', () => matrix.large.open());
  watch('value', () => take(props.value, fetch));
  if (setting.lineup) matrix.draw(setting.lineup);
}
