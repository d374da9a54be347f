// @ts-check
// Every class for the lanes: a row for each class, a strip of images for each lane, filled as they
// come, in the order that a visitor asks for.

/** @import { Component } from '../page.js' */
/** @import { Whole, WholeLane } from '../payloads.d.ts' */
/** @import { Order } from '../values/ranking.js' */
/** @import { Server } from './sets.js' */

import { on } from '../bus.js';
import { find, make, makeButton } from '../draw/element.js';
import { Progress } from '../draw/progress.js';
import { Segment } from '../draw/segment.js';
import { fill, makeSelect } from '../draw/select.js';
import { plotly } from '../plotly.js';
import { short, timeLeft } from '../values/format.js';
import { meanOf, ranked } from '../values/ranking.js';
import { ClassMap } from './classes.js';
import { makeHead } from './head.js';
import { arrange, setting } from './lineup.js';
import { clear } from './results.js';
import { browse, browsed, cellOf, goesOn, lookAtScore, sets, takeSets } from './sets.js';

const BEFORE =
  'Makes all classes for these lanes behind whatever else you do, while this page is open. What ' +
  'was made before, by anyone, is there at once. Then nets can be trained on the sets.';
/** @type {[Order, string][]} */
const ORDERS = [
  ['none', 'as listed'],
  ['worst', 'worst first'],
  ['best', 'best first'],
];

class WholeSets {
  /**
   * @param {HTMLElement} root
   * @param {Server} server
   * @param {ClassMap} map of all classes
   */
  constructor(root, server, map) {
    this.server = server;
    this.map = map;
    this.head = make('div', 'd-h');
    this.head.setAttribute('role', 'status');
    this.progress = new Progress();
    /** @type {Order} */
    this.order = 'none';
    /** @type {Segment<Order>} */
    this.orders = new Segment('', (order) => {
      this.order = order;
      this.draw();
    });
    this.orders.offer(ORDERS);
    this.score = makeSelect((key) => lookAtScore(key, server), 'score');
    this.lane = makeSelect(() => this.draw(), 'lane that orders the classes');
    this.bar = make('div', 'd-bar d-gap');
    this.bar.append('classes by ', this.score, ' of ', this.lane, this.orders.node);
    this.frame = make('div', 'd-table d-rows');
    this.frame.tabIndex = 0; // to be scrolled by keyboard
    this.frame.setAttribute('role', 'group');
    this.frame.setAttribute('aria-label', 'images and scores by class and lane');
    this.words = make('div', 'd-told');
    this.words.setAttribute('role', 'status');
    this.note = make('p', 'd-note', BEFORE);
    this.body = make('div', 'd-whole-body');
    this.body.append(this.frame, map.node);
    root.append(this.head, this.progress.node, this.bar, this.body, this.words, this.note);
    this.frame.addEventListener('pointerleave', () => browse({ over: null }));
    /** @type {Map<string, HTMLElement>} images by lane and class, which are not drawn twice */
    this.strips = new Map();
    this.waiting = false;
    this.shown = '';
    /** @type {number | null} the marked class that was brought into sight */
    this.brought = null;
  }

  drawSoon() {
    if (!this.waiting) requestAnimationFrame(() => this.draw());
    this.waiting = true;
  }

  draw() {
    this.waiting = false;
    const { whole } = sets;
    this.bar.hidden = this.body.hidden = !whole;
    this.progress.show(whole?.progress ?? 0, goesOn());
    if (!whole) return this.head.replaceChildren(make('span', '', 'every class'));
    if (whole.id !== this.shown) this.strips.clear();
    this.shown = whole.id;
    this.head.replaceChildren(make('span', '', madeOf(whole)), make('span', '', stateOf(whole)));
    this.drawChoices(whole);
    this.drawRows(whole);
    this.map.load(whole.dataset);
    this.note.hidden = true;
    const sentences = sets.words.map((words) => make('p', 'd-sentence', words));
    const later = 'What tells the lanes apart is said once no more classes come.';
    this.words.replaceChildren(...(goesOn() ? [make('p', '', later)] : sentences));
  }

  /** @param {Whole} whole */
  drawChoices({ lanes }) {
    const measures = sets.means?.measures ?? [];
    /** @type {[string, string][]} */
    const scores = measures.map(({ key, title, space }) => [key, `${title} (${space})`]);
    fill(this.score, scores.length ? scores : [[sets.key, 'Coverage (latents)']], sets.key);
    fill(
      this.lane,
      [
        ['', 'all lanes'],
        ...lanes.map(({ slot, name }) => /** @type {[string, string]} */ ([String(slot), name])),
      ],
      this.lane.value,
    );
    this.orders.show(this.order);
  }

  /** @param {Whole} whole */
  drawRows(whole) {
    const slots = whole.lanes.map(({ slot }) => slot);
    const by = this.lane.value === '' ? slots : [Number(this.lane.value)];
    const rankOf = (/** @type {number} */ label) =>
      meanOf(by.map((slot) => cellOf(slot, label)?.ranks[sets.key]));
    const begun = whole.classes
      .map((_, label) => label)
      .filter((label) =>
        whole.lanes.some(({ made, failed }) => made.includes(label) || label in failed),
      );
    const focused = /** @type {HTMLElement} */ (document.activeElement)?.dataset?.label;
    const table = make('table');
    const body = make('tbody');
    table.append(makeHead(whole.lanes, addMean), body);
    for (const label of ranked(begun, rankOf, this.order)) body.append(this.rowOf(whole, label));
    this.frame.replaceChildren(table);
    this.drawBrowsed();
    if (focused !== undefined && this.frame.contains(table))
      /** @type {HTMLElement | null} */ (body.querySelector(`[data-label="${focused}"]`))?.focus();
  }

  /** Brings out the row of the class that is looked at. */
  drawBrowsed() {
    for (const row of this.frame.querySelectorAll('tbody tr'))
      row.classList.toggle('d-on', row.getAttribute('data-row') === String(browsed()));
  }

  /** Brings the row of the marked class into sight, within the table alone. */
  show() {
    this.brought = sets.label;
    const row = this.frame.querySelector(`[data-row="${sets.label}"]`);
    if (!row) return;
    const [inner, outer] = [row, this.frame].map((node) => node.getBoundingClientRect());
    const head = this.frame.querySelector('thead')?.clientHeight ?? 0;
    if (inner.top < outer.top + head || inner.bottom > outer.bottom)
      this.frame.scrollTop += inner.top - outer.top - head;
  }

  /**
   * @param {Whole} whole
   * @param {number} label
   */
  rowOf(whole, label) {
    const row = make('tr');
    row.dataset.row = String(label);
    row.addEventListener('pointerenter', () => browse({ over: label }));
    const head = row.appendChild(make('th'));
    head.scope = 'row';
    const open = makeButton('d-link', whole.classes[label], () => openClass(whole, label));
    open.title = 'look at this class above';
    open.dataset.label = String(label);
    open.addEventListener('focus', () => browse({ over: label }));
    open.addEventListener('blur', () => browse({ over: null }));
    head.append(open);
    for (const lane of whole.lanes) row.append(this.cell(lane, label));
    return row;
  }

  /**
   * @param {WholeLane} lane
   * @param {number} label
   */
  cell({ slot, name, made, failed }, label) {
    const node = make('td');
    const cell = cellOf(slot, label);
    if (label in failed) node.append(make('small', 'd-failed', failed[label]));
    else if (cell) {
      const key = `${slot} ${label}`;
      const strip = this.strips.get(key) ?? makeStrip(cell.strip, `${name}: ${cell.images} images`);
      this.strips.set(key, strip);
      node.append(strip, make('span', 'd-value', short(cell.values[sets.key] ?? null)));
    } else if (sets.cells.has(`${slot} ${label}`)) {
      node.append(make('small', 'd-failed', 'These images could not be fetched.'));
    } else node.append(make('small', '', made.includes(label) ? 'is fetched' : '–'));
    return node;
  }
}

/**
 * @param {string} source
 * @param {string} words
 */
function makeStrip(source, words) {
  const image = make('img', 'd-images');
  image.src = source;
  image.alt = words;
  return image;
}

/**
 * The mean of the score that is looked at, over the classes of a lane.
 * @param {HTMLElement} cell
 * @param {WholeLane} lane
 */
function addMean(cell, { slot }) {
  const mean = sets.means?.measures.find(({ key }) => key === sets.key)?.lanes[slot];
  if (!mean) return;
  const spread = mean.spread === null ? '' : ` ± ${short(mean.spread)} between classes`;
  cell.append(make('small', '', `mean ${short(mean.mean)}${spread}`));
}

/** @param {Whole} whole */
function madeOf({ lanes, classes }) {
  const made = Math.min(
    ...lanes.map(({ made, failed }) => made.length + Object.keys(failed).length),
  );
  return `${made} of ${classes.length} classes`;
}

/** @param {Whole} whole */
function stateOf(whole) {
  if (sets.ended) return `${sets.ended}; what is done is kept, and the next run goes on from there`;
  if (!whole.live) return 'done, and kept';
  return [whole.now, timeLeft(whole.left)].filter(Boolean).join(' · ');
}

/**
 * Looks at a class on top of the tab.
 * @param {Whole} whole
 * @param {number} label
 */
function openClass({ dataset }, label) {
  const { lineup } = setting;
  if (lineup && (lineup.dataset !== dataset || lineup.label !== label)) {
    clear();
    arrange({ ...lineup, dataset, label, run: true });
  }
  document.querySelector('#compare')?.scrollIntoView();
}

/** @param {Component<Whole>} component */
export async function mount({ element, props, server, watch }) {
  const given = /** @type {Server} */ (/** @type {unknown} */ (server));
  const { places, real_images: images } = /** @type {Record<string, any>} */ (server);
  const map = new ClassMap(await plotly, places, images);
  const panel = new WholeSets(find(element, '.d-whole'), given, map);
  on('whole', () => panel.drawSoon());
  on('browse', () => {
    panel.drawBrowsed();
    if (sets.label !== panel.brought) panel.show();
  });
  watch('value', () => takeSets(props.value, given));
  takeSets(props.value, given);
  panel.draw();
}
