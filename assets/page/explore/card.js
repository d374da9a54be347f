// @ts-check
// A card beside the point of the map that the mouse is on: what it is, and its picture.

/** @import { Point } from '../plotly.js' */
/** @import { Source } from './picked.js' */
/** @import { Scene } from './traces.js' */

import { make, makeLine, strong } from '../draw/element.js';
import { placeOf, tile } from '../draw/tile.js';

const WIDTH = 206; // pixels, as page.css has it

export class Card {
  /**
   * @param {HTMLElement} root that the card is placed in
   * @param {HTMLElement} plot
   * @param {(rows: number[]) => Promise<Source[]>} images
   */
  constructor(root, plot, images) {
    this.root = root;
    this.plot = plot;
    this.images = images;
    this.node = make('div', 'd-card');
    this.node.hidden = true;
    this.hovered = 0;
  }

  hide() {
    this.node.hidden = true;
  }

  /**
   * Shows a distilled image.
   * @param {Point} point
   * @param {Pick<Scene, 'run'>} scene
   */
  showMade(point, { run }) {
    this.hovered += 1;
    if (!run) return;
    const i = point.pointIndex;
    const words = make('div');
    words.append(strong(`#${i + 1} distilled`));
    if (!run.live) {
      const { distances, typical } = run.nearest;
      words.append(
        makeLine(`nearest real ${distances[i]} (between real images ${typical})`),
        makeLine(`covers ${run.covers[i]} real images`),
      );
    }
    const picture = make('i');
    tile(picture, run.sheet, placeOf(i, run.n, run.columns));
    this.place(point, picture, words);
  }

  /**
   * Shows a real image.
   * @param {Point} point
   * @param {Pick<Scene, 'points'>} scene
   * @param {number} row
   */
  async showReal(point, { points }, row) {
    this.hovered += 1;
    const mine = this.hovered;
    const words = make('div');
    words.append(strong(`real ${points.classes[points.labels[row]]}`));
    if (points.modes) words.append(makeLine(points.modeNames[points.modes[row]]));
    words.append(makeLine(`training image ${points.images[row]}`));
    const picture = make('img');
    picture.alt = '';
    this.place(point, picture, words);
    const [source] = await this.images([row]);
    if (mine === this.hovered && source) picture.src = source;
  }

  /**
   * @param {Point} point
   * @param {HTMLElement} picture
   * @param {HTMLElement} words
   */
  place(point, picture, words) {
    this.node.replaceChildren(picture, words);
    const inner = this.plot.getBoundingClientRect();
    const outer = this.root.getBoundingClientRect();
    const x = inner.left - outer.left + point.xaxis.l2p(point.x);
    const y = inner.top - outer.top + point.yaxis.l2p(point.y);
    this.node.hidden = false;
    this.node.style.left = `${Math.max(0, Math.min(x - WIDTH / 2, outer.width - WIDTH))}px`;
    this.node.style.top = `${y > 104 ? y - 96 : y + 18}px`;
  }
}
