// @ts-check
// Above the matrix: which step is shown, with play and pause, or which lane the others differ from.

import { make, makeButton, makeRange, press } from '../draw/element.js';
import { fill } from '../draw/select.js';
import { setting, titleOf } from './lineup.js';
import { look, lookAt } from './look.js';
import { runOf, state } from './results.js';

const STEP = 130; // milliseconds that a step is shown
const REST = 900; // milliseconds that the finished images are shown

export class Scrubber {
  constructor() {
    this.node = make('span', 'd-scrubber');
    this.play = makeButton('d-play', '', () => this.toggle());
    this.slide = makeRange(1);
    this.slide.setAttribute('aria-label', 'step of all lanes');
    this.slide.addEventListener('input', () => {
      const at = Number(this.slide.value) / this.last();
      this.pause(); // which draws what is shown so far
      lookAt({ at });
    });
    this.words = make('span', 'd-muted', 'to');
    this.base = make('select');
    this.base.setAttribute('aria-label', 'the lane that the others differ from');
    this.base.addEventListener('change', () => lookAt({ base: Number(this.base.value) }));
    this.node.append(this.play, this.slide, this.words, this.base);
    /** @type {number | null} */
    this.timer = null;
  }

  /** The number of the last frame of the longest film. */
  last() {
    const lanes = setting.lineup?.lanes ?? [];
    return Math.max(1, ...lanes.map(({ slot }) => (runOf(slot)?.film.frames ?? 1) - 1));
  }

  toggle() {
    if (this.timer !== null) return this.pause();
    this.timer = window.setTimeout(() => this.next(), 0);
    this.draw();
  }

  pause() {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.draw();
  }

  next() {
    const last = this.last();
    const now = Math.round(look.at * last);
    const to = now >= last ? 0 : now + 1;
    this.timer = window.setTimeout(() => this.next(), to === last ? REST : STEP);
    lookAt({ at: to / last });
  }

  draw() {
    const steps = look.view === 'steps';
    if (!steps && this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    this.play.hidden = this.slide.hidden = !steps;
    this.words.hidden = this.base.hidden = look.view !== 'difference';
    this.slide.max = String(this.last());
    this.slide.value = String(Math.round(look.at * this.last()));
    this.play.textContent = this.timer === null ? '▶' : '❚❚';
    this.play.setAttribute('aria-label', this.timer === null ? 'play' : 'pause');
    press(this.play, this.timer !== null);
    const lanes = (setting.lineup?.lanes ?? []).filter(
      ({ slot }) => runOf(slot) && state.told?.begins[slot] === 'noise',
    );
    fill(
      this.base,
      lanes.map((lane) => [String(lane.slot), titleOf(lane)]),
      String(look.base),
    );
  }
}
