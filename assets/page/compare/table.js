// @ts-check
// The scores of the lanes: a row for each score, a column for each lane, each cell on its line of
// random real images; and in words what tells the lanes apart.

/** @import { Component } from '../page.js' */
/** @import { Lane, Run, Score } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { find, make } from '../draw/element.js';
import { Segment } from '../draw/segment.js';
import { makeAxis } from '../explore/axis.js';
import { short } from '../values/format.js';
import { makeHead } from './head.js';
import { setting, titleOf } from './lineup.js';
import { makeMeans } from './means.js';
import { runOf, state } from './results.js';
import { goesOn, sets } from './sets.js';

/** @typedef {'latents' | 'features'} Space */
/** @typedef {'class' | 'all'} Scope */

/** @type {[Space, string][]} */
const SPACES = [
  ['latents', 'in latent space'],
  ['features', "in a classifier's features"],
];
/** @type {[Scope, string][]} */
const SCOPES = [
  ['class', 'this class'],
  ['all', 'mean of all classes'],
];
/** The same score again, at other bandwidths. */
const WIDTHS = ['mmd2_half', 'mmd2_double'];

class ScoreTable {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Space} */
    this.space = 'latents';
    this.caption = make('span', 'd-h');
    this.frame = make('div', 'd-table d-lane-scores');
    this.frame.tabIndex = 0; // to be scrolled by keyboard where it is too wide
    this.frame.setAttribute('role', 'group');
    this.frame.setAttribute('aria-label', 'scores of the lanes');
    this.words = make('div', 'd-told');
    this.words.setAttribute('role', 'status');
    /** @type {Segment<Space>} */
    this.spaces = new Segment('', (space) => {
      this.space = space;
      this.draw();
    });
    this.spaces.offer(SPACES);
    /** @type {Scope} */
    this.scope = 'class';
    /** @type {Segment<Scope>} */
    this.scopes = new Segment('', (scope) => {
      this.scope = scope;
      this.draw();
    });
    this.scopes.offer(SCOPES);
    const bar = make('div', 'd-bar');
    bar.append(this.caption, this.scopes.node, this.spaces.node);
    root.append(bar, this.frame, this.words);
    this.waiting = false;
  }

  drawSoon() {
    if (!this.waiting) requestAnimationFrame(() => this.draw());
    this.waiting = true;
  }

  draw() {
    this.waiting = false;
    const lanes = (setting.lineup?.lanes ?? []).filter(({ slot }) => runOf(slot));
    this.root.hidden = !lanes.length && !sets.means;
    this.spaces.show(this.space);
    this.scopes.show(this.scope);
    if (this.scope === 'all') return this.drawMeans();
    this.frame.replaceChildren();
    this.words.replaceChildren();
    if (!lanes.length) return;
    const n = runOf(lanes[0].slot)?.n;
    this.caption.textContent = `Beside 200 random draws of ${n} real images: the band holds most`;
    const table = make('table');
    table.style.setProperty('--lanes', String(lanes.length));
    const named = lanes.map((lane) => ({ slot: lane.slot, name: titleOf(lane) }));
    table.append(makeHead(named), this.bodyOf(lanes));
    this.frame.replaceChildren(table);
    this.words.replaceChildren(...this.sentences(lanes));
  }

  /** The whole sets, as far as they are made. */
  drawMeans() {
    const table = makeMeans(this.space);
    const { whole, means } = sets;
    this.caption.textContent = '';
    this.frame.replaceChildren(...(table ? [table] : []));
    this.words.replaceChildren();
    if (!table || !whole || !means) {
      this.words.append(make('p', '', 'There are no means yet: run every class, beneath.'));
      return;
    }
    const [made, every] = [means.classes.length, whole.classes.length];
    const count = made < every ? `${made} of ${every}` : every;
    this.caption.textContent = `Means over ${count} classes of ${whole.n} images`;
    const score = means.measures.find(({ key }) => key === sets.key);
    const about = `${score?.title} (${score?.space}), class by class; another is chosen beneath.`;
    if (!goesOn() && score) this.words.append(make('p', '', about));
    this.words.append(...sets.words.map((sentence) => make('p', 'd-sentence', sentence)));
  }

  /** @param {Lane[]} lanes */
  bodyOf(lanes) {
    const body = make('tbody');
    const first = /** @type {Run} */ (runOf(lanes[0].slot));
    for (const score of first.scores) {
      const here = score.space === this.space || score.space === 'judge';
      if (!here || WIDTHS.includes(score.name)) continue;
      const row = body.appendChild(make('tr'));
      const head = row.appendChild(make('th'));
      head.scope = 'row';
      head.append(score.title, make('small', '', score.about));
      const scores = lanes.map(({ slot }) => scoreOf(runOf(slot), score, slot));
      const known = scores.flatMap((one) => (one?.value == null ? [] : [one.value]));
      for (const one of scores) row.append(cellOf(one, known));
    }
    return body;
  }

  /** @param {Lane[]} lanes */
  sentences(lanes) {
    const told = state.told?.words[this.space] ?? [];
    const bold = make('p', '', 'Bold: beyond the spread of random real images. ');
    if (lanes.length > 1 && !told.length && state.going)
      bold.append('What tells the lanes apart is said once two of them are done.');
    return [...told.map((sentence) => make('p', 'd-sentence', sentence)), bold];
  }
}

/**
 * The same score of another run. A real image is the nearest real image of itself, so that score
 * says nothing of a lane of real images.
 * @param {Run | null} run
 * @param {Score} like
 * @param {number} slot
 */
function scoreOf(run, { space, name }, slot) {
  if (name === 'nearest' && state.told?.begins[slot] === 'real') return null;
  return run?.scores.find((score) => score.space === space && score.name === name) ?? null;
}

/**
 * @param {Score | null} score
 * @param {number[]} all values of the row, so that all lines have one scale
 */
function cellOf(score, all) {
  const cell = make('td', score?.grade ?? '');
  const line = cell.appendChild(make('div'));
  if (!score) {
    line.append(make('span', 'd-muted', '– real images are their own nearest'));
    return cell;
  }
  const { value, of, unit, draws, verdict } = score;
  const text = of && value !== null ? `${Math.round(value)} / ${of}` : short(value) + (unit ?? '');
  line.append(make(score.grade === 'like' ? 'span' : 'b', 'd-value', text));
  if (draws.length) line.append(makeAxis(score, all));
  if (verdict) cell.title = verdict;
  if (score.grade !== 'like') cell.append(make('span', 'd-sr', `, ${verdict}`));
  return cell;
}

/** @param {Component<null>} component */
export function mount({ element }) {
  const table = new ScoreTable(find(element, '.d-lane-table'));
  for (const event of /** @type {const} */ (['lineup', 'whole', 'evaluation']))
    on(event, () => table.drawSoon());
  on('lanes', (slot) => {
    if (slot === null || runOf(slot)) table.drawSoon(); // a step has no scores
  });
  on('theme', () => table.drawSoon());
  table.draw();
}
