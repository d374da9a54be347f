// @ts-check
// Above the matrix: which step is shown, with play and pause, or which lane the others differ from.

import { make, makeRange } from '../draw/element.js';
import { Player } from '../draw/player.js';
import { fill } from '../draw/select.js';
import { setting, titleOf } from './lineup.js';
import { look, lookAt } from './look.js';
import { runOf, state } from './results.js';

export class Scrubber {
  constructor() {
    this.node = make('span', 'd-scrubber');
    this.player = new Player({
      last: () => this.last(),
      now: () => Math.round(look.at * this.last()),
      show: (frame) => lookAt({ at: frame / this.last() }),
      again: true,
    });
    this.slide = makeRange(1);
    this.slide.setAttribute('aria-label', 'step of all lanes');
    this.slide.addEventListener('input', () => {
      const at = Number(this.slide.value) / this.last();
      this.player.pause();
      lookAt({ at });
    });
    this.words = make('span', 'd-muted', 'to');
    this.base = make('select');
    this.base.setAttribute('aria-label', 'the lane that the others differ from');
    this.base.addEventListener('change', () => lookAt({ base: Number(this.base.value) }));
    this.node.append(this.player.button, this.slide, this.words, this.base);
  }

  /** The number of the last frame of the longest film. */
  last() {
    const lanes = setting.lineup?.lanes ?? [];
    return Math.max(1, ...lanes.map(({ slot }) => (runOf(slot)?.film.frames ?? 1) - 1));
  }

  draw() {
    const steps = look.view === 'steps';
    if (!steps && this.player.playing) this.player.pause();
    this.player.button.hidden = this.slide.hidden = !steps;
    this.words.hidden = this.base.hidden = look.view !== 'difference';
    this.slide.max = String(this.last());
    this.slide.value = String(Math.round(look.at * this.last()));
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
