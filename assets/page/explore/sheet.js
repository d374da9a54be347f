// @ts-check
// The contact sheet: while a run goes on its latest step, afterwards the images themselves, the
// chosen one beside its nearest real image, and how it came about. A finished run can be played
// again: then all images and their places on the map go through the steps that were kept.

/** @import { Component } from '../page.js' */
/** @import { Run, Step } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { arrows } from '../draw/arrows.js';
import { find, make, makeButton, makeLine, press, strong } from '../draw/element.js';
import { Player } from '../draw/player.js';
import { Progress } from '../draw/progress.js';
import { placeOf, tile } from '../draw/tile.js';
import { choose, shared, show } from '../state.js';
import { linkedPick } from './linked.js';

class Sheet {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.title = make('div', 'd-h');
    this.sheet = make('div', 'd-sheet');
    this.progress = new Progress();
    this.inspector = make('div', 'd-inspector');
    this.filmTitle = make('span');
    this.film = make('div', 'd-film');
    /** @type {number | null} the frame that all images show; null for the finished ones */
    this.frame = null;
    this.player = new Player(
      {
        last: () => this.last(),
        now: () => this.frame ?? this.last(),
        show: (frame) => this.showFrame(frame),
        again: false,
      },
      'how all images came about',
    );
    this.status = make('div', 'd-status');
    /** @type {HTMLButtonElement[]} */
    this.tiles = [];
    this.status.setAttribute('role', 'status');
    this.sheet.setAttribute('role', 'group');
    this.sheet.setAttribute('aria-label', 'distilled images');
    this.player.button.hidden = true;
    const head = make('div', 'd-h');
    head.append(this.filmTitle, this.player.button);
    root.append(this.title, this.sheet, this.progress.node, head, this.film, this.status);
    arrows(this.sheet, () => this.tiles);
    this.sheet.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') choose([]);
    });
  }

  /** @param {Run | Step} run */
  draw(run) {
    this.rest();
    this.layTiles(run);
    if (run.sheet) this.sheet.style.setProperty('--sheet', `url("${run.sheet}")`);
    this.sheet.classList.toggle('d-live', run.live);
    this.sheet.classList.toggle('d-begun', run.live && !run.sheet);
    this.progress.show(run.live ? run.step / run.steps : 0, run.live);
    this.status.style.visibility = run.live ? 'hidden' : 'visible'; // it tells of the run before
    if (run.live) this.drawStep(run);
    else this.drawRun(run);
  }

  /** @param {Run | Step} run */
  layTiles({ n, columns }) {
    if (this.tiles.length === n) return; // redrawn for nothing, it would lose the focus
    this.sheet.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
    while (this.tiles.length > n) this.tiles.pop()?.remove();
    while (this.tiles.length < n) this.tiles.push(this.makeTile(this.tiles.length));
    this.sheet.replaceChildren(...this.tiles, this.inspector);
    const left = (columns - (n % columns)) % columns;
    this.inspector.style.gridColumn = left >= 2 ? `span ${left}` : '1 / -1';
    for (const [i, button] of this.tiles.entries()) tile(button, null, placeOf(i, n, columns));
  }

  /** @param {number} i */
  makeTile(i) {
    const button = makeButton('d-tile', '', ({ shiftKey }) => {
      if (shared.run?.live) return;
      const alone = shared.chosen.size === 1 && shared.chosen.has(i);
      choose(alone && !shiftKey ? [] : [i], { add: shiftKey });
    });
    button.append(strong(i + 1));
    return button;
  }

  /** @param {Step} step */
  drawStep({ stage, step, steps, words }) {
    this.title.replaceChildren(
      make('span', '', 'estimates of the clean images'),
      make('span', '', words ?? `${stage ?? 'step'} ${step} of ${steps}`),
    );
    this.inspector.replaceChildren(
      make('span', '', 'Move a live slider: it acts from the next step on.'),
    );
    this.film.replaceChildren();
    this.filmTitle.textContent = '';
    this.player.button.hidden = true;
  }

  /** @param {Run} run */
  drawRun(run) {
    this.title.replaceChildren(
      make('span', '', run.title),
      make('span', 'd-notice', run.notice ?? ''),
    );
    this.status.replaceChildren(...run.status.map((text) => make('span', '', text)));
    this.drawChosen();
  }

  drawChosen() {
    const run = shared.run;
    if (!run || run.live) return;
    for (const [i, button] of this.tiles.entries()) {
      press(button, shared.chosen.has(i));
      const mode = run.modes ? `, ${run.modes[i]}` : '';
      const nearest = `nearest real at ${run.nearest.distances[i]}`;
      button.setAttribute('aria-label', `image ${i + 1}: ${run.recognised[i]}${mode}, ${nearest}`);
    }
    this.sheet.classList.toggle('d-some', shared.chosen.size > 0);
    const i = shared.chosen.size ? Math.min(...shared.chosen) : 0;
    this.inspector.replaceChildren(...inspected(run, i));
    this.drawFilm(run, i);
  }

  /**
   * @param {Run} run
   * @param {number} i
   */
  drawFilm({ film: { frames, sheet }, n }, i) {
    const several = frames > 1;
    this.filmTitle.textContent = several ? `how #${i + 1} came about` : '';
    this.player.button.hidden = !several;
    const pictures = Array.from({ length: several ? frames : 0 }, (_, frame) => {
      const picture = make('i');
      tile(picture, sheet, { columns: frames, rows: n, column: frame, row: i });
      return picture;
    });
    this.film.replaceChildren(...pictures);
    this.markFrame();
  }

  /** The number of the last frame of the film: the finished images. */
  last() {
    const { run } = shared;
    return run && !run.live ? run.film.frames - 1 : 0;
  }

  /** @param {number} frame that all images show */
  showFrame(frame) {
    const { run } = shared;
    if (!run || run.live) return;
    const { film, n } = run;
    if (frame >= this.last()) return this.rest();
    this.frame = frame;
    for (const [i, button] of this.tiles.entries())
      tile(button, film.sheet, { columns: film.frames, rows: n, column: frame, row: i });
    this.markFrame();
    say('film', frame / this.last());
  }

  /** Shows the finished images again. */
  rest() {
    const { run } = shared;
    const { frame } = this;
    this.frame = null;
    this.player.pause();
    if (frame === null || !run) return;
    for (const [i, button] of this.tiles.entries()) {
      button.style.backgroundImage = '';
      tile(button, null, placeOf(i, run.n, run.columns));
    }
    this.markFrame();
    say('film', null);
  }

  markFrame() {
    for (const [k, picture] of [...this.film.children].entries())
      picture.classList.toggle('d-now', k === this.frame);
  }
}

/**
 * An image beside its nearest real image, and both in words.
 * @param {Run} run
 * @param {number} i
 */
function inspected(run, i) {
  const place = placeOf(i, run.n, run.columns);
  const [mine, real] = [make('i'), make('i')];
  tile(mine, run.sheet, place);
  tile(real, run.nearest.sheet, place);
  const words = make('div');
  words.append(
    makeLine(strong(`#${i + 1}`), ' and its nearest real image'),
    makeLine(
      'distance ',
      strong(run.nearest.distances[i]),
      ` · between real images ${run.nearest.typical}`,
    ),
    makeLine('covers ', strong(run.covers[i]), ' real images'),
  );
  const seen = run.recognised[i] === run.class ? '' : `recognised as ${run.recognised[i]}`;
  if (run.modes && seen) words.append(makeLine(strong(run.modes[i]), ' · ', seen));
  else if (run.modes) words.append(makeLine(strong(run.modes[i])));
  else if (seen) words.append(makeLine(seen));
  return run.nearest.sheet ? [mine, real, words] : [mine, words];
}

/** @param {Component<Run | Step>} component */
export function mount({ element, props, watch }) {
  const sheet = new Sheet(find(element, '.d-stage'));
  let linked = linkedPick(location.search);
  on('run', (run) => {
    sheet.draw(run);
    if (!run || run.live || !run.id || !linked.length) return;
    const there = linked.filter((number) => number < run.n);
    linked = []; // once, of the run that the link asks for
    setTimeout(() => choose(there)); // once all parts show the run
  });
  on('choose', () => sheet.drawChosen());
  show(props.value);
  watch('value', () => show(props.value));
}
