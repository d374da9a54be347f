// @ts-check
// A row of the matrix: what a lane is, how it stands, and its images.

/** @import { Lane, Lineup, Run, Step } from '../payloads.d.ts' */

import { make, makeButton, press } from '../draw/element.js';
import { Progress } from '../draw/progress.js';
import { placeOf, tile } from '../draw/tile.js';
import { difference, frameAt } from '../values/difference.js';
import { keyOf, settingsOf, titleOf } from './lineup.js';
import { look, lookAt } from './look.js';
import { makeMark } from './marks.js';
import { pixelsOf } from './pixels.js';
import { picturesOf, results, runOf, state } from './results.js';

/** What a lane says of its columns. @type {Record<string, string>} */
const BEGINS = {
  real: 'real images: a column is no noise here',
  pool: 'picked from a larger pool: a column is not one noise here',
  group: 'begins from noise of its own choice',
};
const CHANGED = 'its settings were changed: distil again';

export class Row {
  /**
   * @param {number} slot
   * @param {(column: number) => void} open shows an image large
   */
  constructor(slot, open) {
    this.slot = slot;
    this.open = open;
    this.node = make('div', 'd-row');
    this.node.setAttribute('role', 'row');
    this.head = make('div', 'd-lane');
    this.head.setAttribute('role', 'rowheader');
    this.title = make('b');
    this.settings = make('small');
    this.words = make('small', 'd-state');
    this.words.setAttribute('role', 'status');
    this.progress = new Progress();
    const name = make('div');
    this.link = make('a', 'd-link', '↗');
    this.link.target = '_blank';
    this.link.rel = 'noopener';
    this.link.title = 'open this lane in Explore, in another tab of the browser';
    name.append(makeMark(slot), this.title, this.link);
    this.head.append(name, this.settings, this.words, this.progress.node);
    this.node.append(this.head);
    /** @type {HTMLButtonElement[]} */
    this.cells = [];
    this.label = '';
    this.seen = '';
    this.drawing = 0;
  }

  focused() {
    return this.cells.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  }

  /**
   * @param {Lineup} lineup
   * @param {Lane} lane
   */
  draw(lineup, lane) {
    const result = results.get(this.slot);
    const stale = Boolean(result?.shown) && result?.key !== keyOf(lineup, lane);
    this.label = titleOf(lane);
    this.title.textContent = this.label;
    this.settings.textContent = settingsOf(lane);
    const words = stale ? CHANGED : this.wordsOf();
    if (this.words.textContent !== words) this.words.textContent = words;
    const run = runOf(this.slot);
    this.link.hidden = !run;
    if (run) this.link.href = `?${new URLSearchParams({ ...run.query })}`;
    this.link.setAttribute('aria-label', `open ${this.label} in Explore`);
    const shown = result?.shown;
    const failed = Boolean(shown && 'failed' in shown && shown.failed);
    this.words.classList.toggle('d-bad', failed);
    const step = shown?.live && 'step' in shown && !result?.notice ? shown : null;
    this.progress.show(step ? step.step / step.steps : 0, Boolean(step));
    this.node.classList.toggle('d-stale', stale || Boolean(result?.notice));
    this.layCells(picturesOf(this.slot)?.n ?? lineup.ipc);
    this.drawImages();
  }

  wordsOf() {
    const result = results.get(this.slot);
    const shown = result?.shown;
    if (result?.notice) return result.notice;
    if (!shown) return '';
    if ('words' in shown && shown.words) return shown.words;
    if (shown.live)
      return 'step' in shown ? `${shown.stage ?? 'step'} ${shown.step} of ${shown.steps}` : '';
    return BEGINS[state.told?.begins[this.slot] ?? ''] ?? '';
  }

  /** @param {number} n */
  layCells(n) {
    while (this.cells.length > n) this.cells.pop()?.parentElement?.remove();
    while (this.cells.length < n) this.node.append(this.makeCell(this.cells.length));
  }

  /** @param {number} column */
  makeCell(column) {
    const cell = make('div', 'd-cell');
    cell.setAttribute('role', 'gridcell');
    const button = makeButton('', '', () => this.open(column));
    button.append(make('i'), make('span'));
    button.addEventListener('pointerenter', () => lookAt({ over: column }));
    button.addEventListener('focus', () => lookAt({ column, slot: this.slot }));
    cell.append(button);
    this.cells.push(button);
    return cell;
  }

  drawImages() {
    this.drawing += 1;
    const pictures = picturesOf(this.slot);
    const base = look.base === null ? null : runOf(look.base);
    const run = pictures && !pictures.live ? pictures : null;
    this.node.classList.toggle('d-live', Boolean(pictures?.live));
    this.node.classList.toggle('d-made', Boolean(pictures && (!pictures.live || pictures.made)));
    for (const [k, cell] of this.cells.entries()) {
      picture(cell, pictures, k);
      cell.lastElementChild?.replaceChildren();
      const name = this.nameOf(run, k); // it is the same at every step
      if (cell.ariaLabel !== name) cell.ariaLabel = name;
    }
    const compared = look.view === 'difference' && run && base && look.base !== this.slot;
    const shares = state.told?.begins[this.slot] === 'noise';
    this.node.classList.toggle('d-apart', look.view === 'difference' && Boolean(run) && !shares);
    if (compared && shares) this.drawDifference(run, base, this.drawing);
  }

  /**
   * @param {Run | null} run
   * @param {number} k
   */
  nameOf(run, k) {
    const pictures = picturesOf(this.slot);
    if (pictures?.live && pictures.made) return `${this.label}, image ${k + 1}`;
    if (!run) return `${this.label}, image ${k + 1}, not there yet`;
    const mode = run.modes ? `, ${run.modes[k]}` : '';
    return `${this.label}, image ${k + 1}: ${run.recognised[k]}${mode}`;
  }

  /**
   * @param {Run} run
   * @param {Run} base
   * @param {number} mine
   */
  async drawDifference(run, base, mine) {
    const [own, others] = await Promise.all([pixelsOf(run), pixelsOf(base)]);
    if (mine !== this.drawing) return; // something else is shown by now
    for (const [k, cell] of this.cells.entries()) {
      const other = others[k];
      if (!own[k] || !other || own[k].width !== other.width) continue;
      const { pixels, mean } = difference(own[k].data, other.data);
      const canvas = make('canvas');
      canvas.width = other.width;
      canvas.height = other.height;
      canvas.getContext('2d')?.putImageData(new ImageData(pixels, other.width, other.height), 0, 0);
      cell.lastElementChild?.replaceChildren(canvas, make('small', '', `${mean.toFixed(0)} %`));
      cell.setAttribute('aria-label', `${this.nameOf(run, k)}, differs by ${mean.toFixed(0)} %`);
    }
  }

  /**
   * @param {number | null} column that is marked
   * @param {number | null} stop the column that the Tab key leads to
   */
  drawLook(column, stop) {
    for (const [k, cell] of this.cells.entries()) {
      cell.tabIndex = k === stop ? 0 : -1;
      cell.classList.toggle('d-hot', k === column);
      press(cell, k === look.column && this.slot === look.slot);
    }
    const seen = `${look.view} ${look.at} ${look.base}`;
    if (seen !== this.seen) this.drawImages();
    this.seen = seen;
  }
}

/**
 * @param {HTMLElement} cell
 * @param {Run | Step | null} pictures
 * @param {number} k
 */
function picture(cell, pictures, k) {
  const image = /** @type {HTMLElement} */ (cell.firstElementChild);
  if (!pictures?.sheet) {
    image.style.backgroundImage = '';
    return;
  }
  const { n, columns } = pictures;
  if (look.view === 'steps' && !pictures.live && pictures.film.frames > 1) {
    const { sheet, frames } = pictures.film;
    tile(image, sheet, { columns: frames, rows: n, column: frameAt(look.at, frames), row: k });
  } else tile(image, pictures.sheet, placeOf(k, n, columns));
}
