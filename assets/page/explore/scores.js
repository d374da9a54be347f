// @ts-check
// The scores: each on a line against random real images of the same number, with a verdict.

/** @import { Component } from '../page.js' */
/** @import { Discrepancies, Run, Score } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { find, make } from '../draw/element.js';
import { Segment } from '../draw/segment.js';
import { shared } from '../state.js';
import { short } from '../values/format.js';
import { makeAxis } from './axis.js';
import { DiscrepancyTable } from './discrepancies.js';
import { KernelMatrix } from './kernel.js';

/** @typedef {'latents' | 'features'} Space */

/** @type {[Space, string][]} */
const SPACES = [
  ['latents', 'in latent space'],
  ['features', "in a classifier's features"],
];
/** Of the squared discrepancy: they stand on its card. @type {Record<string, string>} */
const WIDTHS = { mmd2_half: 'at half the bandwidth', mmd2_double: 'at twice the bandwidth' };

class Scores {
  /**
   * @param {HTMLElement} root
   * @param {() => Discrepancies | null} late what came after a run
   */
  constructor(root, late) {
    this.root = root;
    this.late = late;
    /** @type {Map<string, readonly Score[]>} discrepancies by the id of their run */
    this.measured = new Map();
    /** @type {Space} */
    this.space = 'latents';
    const bar = make('div', 'd-bar');
    this.beside = make('span');
    this.cards = make('div', 'd-scores');
    this.table = new DiscrepancyTable();
    this.kernel = new KernelMatrix();
    /** @type {Segment<Space>} */
    this.spaces = new Segment('', (space) => {
      this.space = space;
      this.draw();
    });
    this.spaces.offer(SPACES);
    bar.append(this.beside, this.spaces.node);
    root.append(bar, this.cards, this.table.node, this.kernel.node);
    root.hidden = true;
  }

  draw() {
    const { run } = shared;
    this.root.classList.toggle('d-stale', Boolean(run?.live));
    if (!run || run.live) return;
    this.root.hidden = false;
    this.beside.textContent = `Beside 200 random draws of ${run.n} real images`;
    this.spaces.show(this.space);
    const all = run.scores.filter(({ space }) => space === this.space || space === 'judge');
    const cards = all.filter(({ name }) => !(name in WIDTHS)).map((score) => makeCard(score, all));
    this.cards.replaceChildren(...cards);
    this.drawTable(run);
    this.kernel.show(run);
  }

  /**
   * Every discrepancy lies in a shipped run; that of another comes after it, with its id.
   * @param {Run} run
   */
  drawTable(run) {
    const late = this.late();
    if (late) this.measured.set(late.id, late.rows);
    const rows = run.discrepancies ?? this.measured.get(run.id ?? '');
    if (rows) this.table.show(rows.filter(({ space }) => space === this.space));
    else this.table.wait(run.id ? 'Being measured …' : '');
  }
}

/**
 * @param {Score} score
 * @param {Score[]} all of the same space
 */
function makeCard(score, all) {
  const card = make('section', 'd-score');
  const head = card.appendChild(make('header'));
  head.append(make('span', '', score.title), make('b', '', wordsOf(score)));
  if (score.draws.length) card.append(makeAxis(score));
  if (score.verdict) card.append(make('p', score.grade, score.verdict));
  if (score.mean !== null)
    card.append(make('p', '', `random real: ${short(score.mean)} ± ${short(score.spread)}`));
  if (score.name === 'mmd2')
    for (const other of all.filter(({ name }) => name in WIDTHS)) {
      const row = make('p', '', `${WIDTHS[other.name]}: ${short(other.value)}, `);
      row.append(make('span', other.grade, other.verdict));
      card.append(row);
    }
  card.append(make('p', 'd-about', score.about));
  return card;
}

/** @param {Score} score */
function wordsOf({ value, of, unit }) {
  return of && value !== null ? `${Math.round(value)} / ${of}` : short(value) + (unit ?? '');
}

/** @param {Component<Discrepancies>} component */
export function mount({ element, props, watch }) {
  const scores = new Scores(find(element, '.d-scoreboard'), () => props.value);
  on('run', () => scores.draw());
  on('theme', () => scores.draw());
  watch('value', () => {
    if (shared.run && !shared.run.live) scores.drawTable(shared.run);
  });
  scores.draw();
}
