// @ts-check
// One column large: two lanes over each other, with a slider between them, and how both came about.

import { stepOf } from '../draw/arrows.js';
import { make, makeButton, makeRange } from '../draw/element.js';
import { fill } from '../draw/select.js';
import { placeOf, tile } from '../draw/tile.js';
import { setting, titleOf } from './lineup.js';
import { look, lookAt } from './look.js';
import { makeMark } from './marks.js';
import { runOf, state } from './results.js';

/** @import { Run } from '../payloads.d.ts' */

export class Large {
  constructor() {
    this.node = make('dialog', 'd-large');
    this.node.setAttribute('aria-label', 'one column, large');
    this.head = make('header');
    this.title = make('h2');
    this.sides = [0, 1].map((side) => this.makeSide(side));
    this.picture = make('div', 'd-pair');
    this.images = [make('i'), make('i')];
    this.slide = makeRange(100);
    this.slide.setAttribute('aria-label', 'how much of the second lane is shown');
    this.slide.addEventListener('input', () => this.wipe());
    this.picture.append(...this.images, make('span'));
    this.facts = make('div', 'd-facts');
    const back = makeButton('d-pill', '←', () => this.walk(-1));
    const on = makeButton('d-pill', '→', () => this.walk(1));
    back.setAttribute('aria-label', 'the column before');
    on.setAttribute('aria-label', 'the next column');
    const close = makeButton('d-pill', '✕', () => this.node.close());
    close.setAttribute('aria-label', 'close');
    this.head.append(this.title, back, on, close);
    const choice = make('div', 'd-sides');
    choice.append(...this.sides);
    this.node.append(this.head, this.picture, this.slide, choice, this.facts);
    /** @type {[number, number]} slots */
    this.pair = [0, 1];
    this.listen();
  }

  listen() {
    this.node.addEventListener('click', ({ target }) => {
      if (target === this.node) this.node.close(); // beside it
    });
    this.node.addEventListener('keydown', (event) => {
      const { target, key } = event;
      if (target === this.slide || target instanceof HTMLSelectElement) return;
      const step = stepOf(key, true);
      if (!step) return;
      event.preventDefault();
      if (stepOf(key, false)) this.walk(step);
      else this.turn(step);
    });
    // The mouse moves the edge, as it does on the slider beneath.
    this.picture.addEventListener('pointermove', ({ clientX }) => {
      const { left, width } = this.picture.getBoundingClientRect();
      this.slide.value = String((100 * (clientX - left)) / width);
      this.wipe();
    });
  }

  /** @param {number} side */
  makeSide(side) {
    const select = make('select');
    select.setAttribute('aria-label', side ? 'the lane on the right' : 'the lane on the left');
    select.addEventListener('change', () => {
      this.pair[side] = Number(select.value);
      this.draw();
    });
    return select;
  }

  /** Lanes that are done. */
  lanes() {
    return (setting.lineup?.lanes ?? []).filter(({ slot }) => runOf(slot));
  }

  /** Opens the chosen image beside the same column of the first lane that begins with its noise. */
  open() {
    const others = this.lanes().filter(({ slot }) => slot !== look.slot);
    const like = others.find(({ slot }) => state.told?.begins[slot] === 'noise') ?? others[0];
    const mine = look.slot ?? this.lanes()[0]?.slot ?? 0;
    this.pair = like && like.slot < mine ? [like.slot, mine] : [mine, like?.slot ?? mine];
    this.slide.value = '50';
    this.node.showModal();
    this.draw();
    this.slide.focus();
  }

  /** @param {number} step */
  walk(step) {
    const n = runOf(this.pair[0])?.n ?? 1;
    lookAt({ column: ((look.column ?? 0) + step + n) % n });
  }

  /**
   * Another lane on the right.
   * @param {number} step
   */
  turn(step) {
    const slots = this.lanes().map(({ slot }) => slot);
    const at = slots.indexOf(this.pair[1]);
    this.pair[1] = slots[(at + step + slots.length) % slots.length];
    lookAt({ slot: this.pair[1] });
    this.draw();
  }

  wipe() {
    this.picture.style.setProperty('--edge', `${this.slide.value}%`);
  }

  draw() {
    if (!this.node.open) return;
    const k = look.column ?? 0;
    this.title.textContent = `column ${k + 1}`;
    const options = this.lanes().map(
      (lane) => /** @type {[string, string]} */ ([String(lane.slot), titleOf(lane)]),
    );
    this.facts.replaceChildren();
    for (const [side, slot] of this.pair.entries()) {
      fill(this.sides[side], options, String(slot));
      const run = runOf(slot);
      if (!run) continue;
      const i = Math.min(k, run.n - 1);
      tile(this.images[side], run.sheet, placeOf(i, run.n, run.columns));
      this.facts.append(factsOf(slot, run, i));
    }
    this.wipe();
  }
}

/**
 * An image in words, its nearest real image and how it came about.
 * @param {number} slot
 * @param {Run} run
 * @param {number} i
 */
function factsOf(slot, run, i) {
  const box = make('div');
  const mode = run.modes ? ` · ${run.modes[i]}` : '';
  const words = make('p');
  words.append(makeMark(slot, 13), `recognised as ${run.recognised[i]}${mode}`);
  const near = make('p', '', `nearest real image at ${run.nearest.distances[i]}, `);
  near.append(`covers ${run.covers[i]} real images`);
  const strip = make('div', 'd-film');
  const { frames, sheet } = run.film;
  for (let column = 0; frames > 1 && column < frames; column++) {
    const frame = strip.appendChild(make('i'));
    tile(frame, sheet, { columns: frames, rows: run.n, column, row: i });
  }
  box.append(words, near, strip);
  if (run.nearest.sheet) {
    const real = make('i', 'd-near');
    tile(real, run.nearest.sheet, placeOf(i, run.n, run.columns));
    real.title = 'the nearest real image';
    box.prepend(real);
  }
  return box;
}
