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

/** @typedef {'latents' | 'features' | 'independent'} Space */

/** @type {[Space, string][]} */
const SPACES = [
  ['latents', 'in latent space'],
  ['features', "in a classifier's features"],
];
/** Where a data set has it. @type {[Space, string]} */
const INDEPENDENT = ['independent', 'in a photograph space nobody here trained'];
const TITLE =
  'The features of EfficientNet-Lite0, a classifier of photographs that others trained. It has ' +
  'seen the labels of ImageNet. It measures only: nothing here is trained, guided or chosen by it.';
/** Of the squared discrepancy: they stand on its card. @type {Record<string, string>} */
const WIDTHS = { mmd2_half: 'at half the bandwidth', mmd2_double: 'at twice the bandwidth' };

const MARKS = { better: '▲', like: '●', worse: '▼' };

class Scores {
  /**
   * @param {HTMLElement} root
   * @param {() => Discrepancies | null} late what came after a run
   */
  constructor(root, late) {
    this.root = root;
    this.late = late;
    /** @type {Map<string, Discrepancies>} what came late, by the id of its run */
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
    const third = run.independent !== undefined;
    if (!third && this.space === 'independent') this.space = 'latents';
    this.spaces.offer(third ? [...SPACES, INDEPENDENT] : SPACES, { independent: TITLE });
    this.spaces.show(this.space);
    this.kernel.show(run);
    this.drawMeasured(run);
  }

  /**
   * What is measured of a run. Some of it lies in a shipped run, and comes after another run, with
   * its id.
   * @param {Run} run
   */
  drawMeasured(run) {
    const late = this.late();
    if (late) this.measured.set(late.id, late);
    const mine = this.measured.get(run.id ?? '');
    const wait = run.id ? 'Being measured …' : '';
    const scores = [...run.scores, ...(run.independent ?? mine?.independent ?? [])];
    const all = scores.filter(({ space }) => space === this.space || space === 'judge');
    const cards = all.filter(({ name }) => !(name in WIDTHS)).map((score) => makeCard(score, all));
    const here = all.some(({ space }) => space === this.space);
    this.cards.replaceChildren(...(here ? [] : [make('p', '', wait)]), ...cards);
    const rows = run.discrepancies ?? mine?.rows;
    if (rows) this.table.show(rows.filter(({ space }) => space === this.space));
    else this.table.wait(wait);
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
      const row = make('p', '', `${WIDTHS[other.name]}: `);
      const value = make('span', other.grade, `${MARKS[other.grade]} ${short(other.value)}`);
      value.title = other.verdict;
      value.append(make('span', 'd-sr', `, ${other.verdict}`));
      row.append(value);
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
    if (shared.run && !shared.run.live) scores.drawMeasured(shared.run);
  });
  scores.draw();
}
