// @ts-check
// The real images that were picked, beneath the map: one of them beside the distilled image that is
// nearest to it, the others as a strip to go through.

/** @import { Facts, Nearest } from './points.js' */

import { arrows } from '../draw/arrows.js';
import { make, makeButton, makeLine, press, strong } from '../draw/element.js';
import { tile } from '../draw/tile.js';
import { choose } from '../state.js';

const STRIP = 24; // as many as the server hands out at once
const ABSENT = 'not on this machine';
const COVERED =
  'an image is covered by distilled images within its reach: the distance to its last real ' +
  'neighbour of a fair share';

/** @typedef {string | null} Source of a picture; null where the image is not on this machine */

export class Picked {
  /**
   * @param {HTMLElement} root
   * @param {(rows: number[]) => Promise<Source[]>} images
   * @param {(row: number) => Facts} facts
   */
  constructor(root, images, facts) {
    this.root = root;
    this.images = images;
    this.facts = facts;
    this.one = make('div', 'd-real');
    this.strip = make('div', 'd-strip');
    this.rest = make('span', 'd-muted');
    /** @type {number | null} the one that is shown */
    this.row = null;
    /** @type {number[]} those to go through */
    this.rows = [];
    this.asked = 0;
    this.strip.setAttribute('role', 'group');
    this.strip.setAttribute('aria-label', 'real images');
    root.append(this.one, this.strip);
    root.hidden = true;
    arrows(this.strip, () => [...this.strip.querySelectorAll('button')]);
    root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      choose([]);
      const link = root.parentElement?.querySelector('.d-uncovered');
      if (link instanceof HTMLElement) link.focus(); // or the focus would be nowhere
    });
  }

  /**
   * Shows real images by their rows: one by itself, or several to choose from.
   * @param {number[] | null} given
   */
  async show(given) {
    const mine = ++this.asked;
    if (given?.length === 1) {
      this.row = given[0];
      if (!this.rows.includes(this.row)) this.rows = [];
    } else {
      this.row = null;
      this.rows = given ?? [];
    }
    const row = this.row;
    const shown = this.rows.slice(0, STRIP);
    this.one.hidden = row === null;
    this.strip.hidden = !shown.length;
    this.root.hidden = this.one.hidden && this.strip.hidden;
    this.draw();
    if (this.root.hidden) return;
    const sources = await this.images(row === null ? shown : [row, ...shown]);
    if (mine === this.asked) this.draw(sources);
  }

  /** @param {Source[]} [sources] nothing while they are fetched */
  draw(sources) {
    if (this.row !== null) this.drawOne(this.row, sources?.[0]);
    this.drawStrip(sources?.slice(this.row === null ? 0 : 1));
  }

  /**
   * @param {number} row
   * @param {Source | undefined} source
   */
  drawOne(row, source) {
    const facts = this.facts(row);
    const held = this.root.querySelector('.d-link') === document.activeElement;
    /** @type {HTMLElement[]} */
    const parts = [picture(source, facts.name)];
    if (facts.nearest) {
      const made = make('i');
      tile(made, facts.nearest.sheet, facts.nearest.place);
      parts.push(made);
    }
    this.one.replaceChildren(...parts, words(row, facts));
    const link = this.one.querySelector('.d-link');
    if (held && link instanceof HTMLElement) link.focus();
  }

  /** @param {Source[]} [sources] */
  drawStrip(sources) {
    const shown = this.rows.slice(0, STRIP);
    if (this.strip.dataset.rows !== shown.join()) {
      this.strip.dataset.rows = shown.join();
      const buttons = shown.map((row) => makeButton('', '', () => choose([], { rows: [row] })));
      this.strip.replaceChildren(...buttons, this.rest);
    }
    const beyond = this.rows.length - shown.length;
    const also = beyond > 0 ? [`and ${beyond} more`] : [];
    if (sources?.includes(null)) also.push(ABSENT);
    this.rest.textContent = also.join(', ');
    for (const [k, button] of this.strip.querySelectorAll('button').entries()) {
      const { name } = this.facts(shown[k]);
      if (!button.firstChild || sources)
        button.replaceChildren(picture(sources?.[k], name, String(k + 1)));
      button.setAttribute('aria-label', name);
      press(button, shown[k] === this.row);
    }
  }
}

/**
 * A real image, or the place for one that is still fetched; words for one that is not here.
 * @param {Source | undefined} source
 * @param {string} text
 */
function picture(source, text, instead = ABSENT) {
  if (source === null) return make('span', 'd-muted d-absent', instead);
  const image = make('img');
  image.alt = text;
  if (source) image.src = source;
  return image;
}

/**
 * @param {number} row
 * @param {Facts} facts
 */
function words(row, { name, mode, nearest }) {
  const box = make('div');
  box.append(makeLine(strong(name), mode ? ` · ${mode}` : ''));
  if (nearest) box.append(...nearestWords(row, nearest));
  return box;
}

/**
 * @param {number} row
 * @param {Nearest} nearest
 */
function nearestWords(row, { number, distance, reach, covered, witness }) {
  const link = makeButton('d-link', `#${number + 1}`, () => choose([number], { rows: [row] }));
  link.title = 'select this distilled image';
  const verdict = strong(covered ? 'covered' : 'not covered', COVERED);
  const side = covered ? ', within' : ', beyond';
  return [
    makeLine(verdict, ': the nearest distilled image is ', link),
    makeLine('at distance ', strong(distance), side, ' its reach of ', strong(reach)),
    makeLine('witness ', strong(witness.value), `: ${witness.meaning}`),
  ];
}
