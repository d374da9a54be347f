// @ts-check
// Beneath the map: which real images one lane covers and another does not, as pictures.

/** @import { Points } from '../explore/points.js' */
/** @import { Source } from '../explore/picked.js' */

import { make, makeButton, press } from '../draw/element.js';
import { fill } from '../draw/select.js';
import { standingOf } from '../explore/points.js';
import { coveredBy } from '../values/gap.js';
import { setting, titleOf } from './lineup.js';
import { look, lookAt } from './look.js';
import { runOf } from './results.js';
import { showOrAwait } from './room.js';

const SHOWN = 12; // pictures
const COVERED =
  'A real image is covered if an image of the lane is within its reach: the distance to its last ' +
  'real neighbour of a fair share.';

export class Gap {
  /** @param {(rows: number[]) => Promise<Source[]>} images of the real class, by their points */
  constructor(images) {
    this.images = images;
    this.node = make('div', 'd-gap');
    this.first = this.makeSelect(0);
    this.second = this.makeSelect(1);
    this.button = makeButton('d-pill', '', () =>
      lookAt({ gap: look.gap ? null : [Number(this.first.value), Number(this.second.value)] }),
    );
    this.strip = make('div', 'd-strip');
    this.strip.tabIndex = 0; // to be scrolled by keyboard where it is too wide
    this.strip.setAttribute('role', 'group');
    this.strip.setAttribute(
      'aria-label',
      'real images that one lane covers and the other does not',
    );
    const line = make('div', 'd-gap-line');
    line.title = COVERED;
    line.append('covered by ', this.first, ' and not by ', this.second, this.button);
    this.node.append(line, this.strip);
    this.shown = '';
  }

  /** @param {0 | 1} side */
  makeSelect(side) {
    const select = make('select');
    select.setAttribute(
      'aria-label',
      side ? 'the lane that does not cover' : 'the lane that covers',
    );
    select.addEventListener('change', () =>
      lookAt({ gap: [Number(this.first.value), Number(this.second.value)] }),
    );
    return select;
  }

  /**
   * The points of the real images that the first chosen lane covers and the second does not.
   * @param {Points} points
   */
  rows({ rows }) {
    const [a, b] = [this.first, this.second].map(({ value }) => runOf(Number(value)));
    if (!a || !b || a === b) return [];
    return coveredBy(standingOf(a), standingOf(b)).map((k) => rows[k]);
  }

  /** @param {Points} points */
  draw(points) {
    const lanes = (setting.lineup?.lanes ?? []).filter(({ slot }) => runOf(slot));
    showOrAwait(this.node, lanes.length >= 2);
    if (lanes.length < 2) return;
    const slots = lanes.map(({ slot }) => slot);
    /** @type {[string, string][]} */
    const options = lanes.map((lane) => [String(lane.slot), titleOf(lane)]);
    const chosen = look.gap ?? [Number(this.first.value), Number(this.second.value)];
    const usual = [slots[slots.length - 1], slots[slots.length - 2]];
    const pair = chosen.every((slot) => slots.includes(slot)) && chosen[0] !== chosen[1];
    const [a, b] = pair || look.gap ? chosen : usual;
    fill(this.first, options, String(a));
    fill(this.second, options, String(b));
    const rows = this.rows(points);
    const few = rows.length === 1 ? '1 real image' : `${rows.length} real images`;
    this.button.textContent = look.gap ? `hide ${few}` : `show ${few}`;
    press(this.button, look.gap !== null);
    this.drawStrip(look.gap ? rows : [], points);
  }

  /**
   * @param {number[]} rows
   * @param {Points} points
   */
  async drawStrip(rows, points) {
    const shown = rows.slice(0, SHOWN);
    const key = `${points.dataset} ${shown.join()}`;
    if (key === this.shown) return;
    this.shown = key;
    this.strip.hidden = !shown.length;
    if (!shown.length) return;
    const sources = await this.images(shown);
    if (key !== this.shown) return;
    const pictures = sources.map((source, k) => {
      if (source === null) return make('span', 'd-muted', 'not on this machine');
      const image = make('img');
      image.src = source;
      image.alt = `real image ${points.images[shown[k]]}`;
      return image;
    });
    const more = rows.length > SHOWN ? [make('span', '', `and ${rows.length - SHOWN} more`)] : [];
    this.strip.replaceChildren(...pictures, ...more);
  }
}
