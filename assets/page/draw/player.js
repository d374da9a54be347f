// @ts-check
// A button that plays the frames of a film, and pauses it.

import { makeButton, press } from './element.js';

const FRAME = 130; // milliseconds that a frame is shown
const REST = 900; // milliseconds that the last one is shown

/**
 * @typedef {object} Film
 * @property {() => number} last the number of the last frame
 * @property {() => number} now the number of the frame that is shown
 * @property {(frame: number) => void} show
 * @property {boolean} again whether it begins again after its end
 */

export class Player {
  /**
   * @param {Film} film
   * @param {string} what it plays, in words
   */
  constructor(film, what = '') {
    this.film = film;
    this.what = what;
    this.button = makeButton('d-play', '', () => this.toggle());
    /** @type {number | null} */
    this.timer = null;
    this.draw();
  }

  get playing() {
    return this.timer !== null;
  }

  toggle() {
    if (this.playing) return this.pause();
    this.timer = window.setTimeout(() => this.next(), 0);
    this.draw();
  }

  pause() {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.draw();
  }

  next() {
    const { film } = this;
    const last = film.last();
    const to = film.now() >= last ? 0 : film.now() + 1;
    const over = to === last && !film.again;
    this.timer = over ? null : window.setTimeout(() => this.next(), to === last ? REST : FRAME);
    film.show(to);
    this.draw();
  }

  draw() {
    this.button.textContent = this.playing ? '❚❚' : '▶';
    this.button.setAttribute(
      'aria-label',
      `${this.playing ? 'pause' : 'play'} ${this.what}`.trim(),
    );
    press(this.button, this.playing);
  }
}
