// @ts-check
// The map of all classes beside the rows of whole sets: what a lane makes of every class, over all
// real images. A class that is looked at in a row is marked on the map, and the other way round.

/** @import { Source } from '../explore/picked.js' */
/** @import { Points } from '../explore/points.js' */
/** @import { Library, Point } from '../plotly.js' */
/** @import { AllView, Paint, Scene } from './atlas.js' */
/** @import { GetPlaces } from './real.js' */

import { on } from '../bus.js';
import { make, makeButton, makeLine, press, strong } from '../draw/element.js';
import { Segment } from '../draw/segment.js';
import { tile } from '../draw/tile.js';
import { Card } from '../explore/card.js';
import { VIEW_TITLES, VIEWS } from '../explore/legend.js';
import { CONFIG, layoutOf } from '../explore/traces.js';
import { makePlot } from '../plotly.js';
import { GROUND, imagesOf, tracesOf } from './atlas.js';
import { makeMark } from './marks.js';
import { pointsOf } from './real.js';
import { browse, browsed, cellOf, sets } from './sets.js';

const PAINT_TITLES = {
  lane: 'each lane has its colour',
  class: 'each class has its colour; the shapes are those of the lanes',
};
const HELP = 'A class that you point at in the table is marked here; a click on the map keeps one.';

export class ClassMap {
  /**
   * @param {Library} library
   * @param {GetPlaces} places
   * @param {(dataset: string, rows: number[]) => Promise<Source[]>} images
   */
  constructor(library, places, images) {
    this.library = library;
    this.places = places;
    this.node = make('div', 'd-lane-map d-class-map');
    this.plot = makePlot('d-plot');
    /** @type {AllView} */
    this.view = 'umap';
    /** @type {Paint} */
    this.paint = 'lane';
    /** @type {Set<number>} */
    this.hidden = new Set();
    /** @type {Points | null} */
    this.points = null;
    this.asked = '';
    this.waiting = false;
    this.listening = false;
    this.keys = make('span', 'd-keys');
    this.keys.setAttribute('role', 'group');
    this.keys.setAttribute('aria-label', 'lanes on the map of all classes');
    /** @type {Segment<AllView>} */
    this.views = new Segment('', (view) => this.change({ view }));
    /** @type {Segment<Paint>} */
    this.paints = new Segment('', (paint) => this.change({ paint }));
    this.paints.offer(
      [
        ['lane', 'lane colours'],
        ['class', 'class colours'],
      ],
      PAINT_TITLES,
    );
    const bar = make('div', 'd-bar');
    bar.append(this.keys, this.paints.node, this.views.node);
    this.card = new Card(this.node, this.plot, (rows) => images(this.points?.dataset ?? '', rows));
    this.note = make('div', 'd-status', HELP);
    this.node.append(bar, this.plot, this.note, this.card.node);
    new ResizeObserver(() => {
      if (!this.plot.offsetParent) return;
      if (this.listening) library.Plots.resize(this.plot);
      else this.drawSoon(); // what came while the tab was not shown
    }).observe(this.plot);
    on('browse', () => this.drawSoon());
    on('theme', () => this.drawSoon());
  }

  /** @param {Partial<Pick<ClassMap, 'view' | 'paint'>>} change */
  change(change) {
    Object.assign(this, change);
    this.drawSoon();
  }

  /** @param {string} dataset */
  async load(dataset) {
    if (dataset === this.asked) return this.drawSoon();
    this.asked = dataset;
    this.points = null;
    const points = await pointsOf(dataset, 0, this.places);
    if (dataset !== this.asked) return;
    if (!points) this.asked = '';
    this.points = points;
    const views = /** @type {AllView[]} */ (['umap', 'pca'].filter((view) => points?.xy[view]));
    this.views.offer(
      views.map((view) => [view, view === 'umap' ? 'UMAP' : VIEWS[view]]),
      VIEW_TITLES,
    );
    if (!views.includes(this.view)) this.view = views[0];
    this.drawSoon();
  }

  /** Draws in the next frame: of what comes between two frames the last is drawn. */
  drawSoon() {
    if (!this.waiting) requestAnimationFrame(() => this.draw());
    this.waiting = true;
  }

  /** @returns {Scene | null} */
  scene() {
    const { points, view, paint, hidden } = this;
    return points && sets.whole ? { points, view, paint, hidden, lanes: sets.whole.lanes } : null;
  }

  draw() {
    this.waiting = false;
    const scene = this.scene();
    if (!scene || !this.plot.offsetParent) return;
    const { points, view } = scene;
    this.views.show(view);
    this.paints.show(this.paint);
    const layout = layoutOf({ points, look: { view, paint: 'plain', witness: false } });
    const calm = { ...layout, dragmode: 'pan', uirevision: `${points.dataset}/${view}` };
    this.library.react(this.plot, tracesOf(scene), calm, CONFIG).then(() => this.listen());
    this.drawKeys(scene);
  }

  /** @param {Scene} scene */
  drawKeys({ lanes, points, view }) {
    const focused = document.activeElement?.getAttribute('data-key');
    const keys = lanes
      .filter(({ made }) => made.length)
      .map(({ slot, name }) => {
        const shown = !this.hidden.has(slot);
        const key = makeButton('d-key', '', () => {
          if (!this.hidden.delete(slot)) this.hidden.add(slot);
          this.drawSoon();
        });
        key.append(makeMark(slot, 14), name);
        key.dataset.key = `all ${slot}`;
        key.title = shown ? 'hide it on the map' : 'show it on the map';
        press(key, shown);
        return key;
      });
    this.keys.replaceChildren(...keys);
    keys.find((key) => key.dataset.key === focused)?.focus();
    const label = browsed();
    const at = label === null ? HELP : `Marked: ${points.classes[label]}.`;
    this.note.textContent = `${at} Trustworthiness ${points.trust[view] ?? '–'}.`;
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    const { plot } = this;
    plot.on('plotly_hover', ({ points: [point] }) => this.hover(point));
    plot.on('plotly_unhover', () => this.card.hide());
    plot.on('plotly_click', ({ points: [point] }) => {
      const label = this.labelOf(point);
      if (label !== null) browse({ label: label === sets.label ? null : label });
    });
  }

  /**
   * The image at a point, and the slot of its lane; null of a real image.
   * @param {Point} point
   */
  madeAt({ curveNumber, pointIndex }) {
    const lane = sets.whole?.lanes.find(({ slot }) => slot === curveNumber - GROUND.length);
    return lane ? { lane, ...imagesOf(lane, this.view)[pointIndex] } : null;
  }

  /** @param {Point} point */
  labelOf(point) {
    const made = this.madeAt(point);
    if (made) return made.label;
    return point.curveNumber ? browsed() : (this.points?.labels[point.pointIndex] ?? null);
  }

  /** @param {Point} point */
  hover(point) {
    const { points } = this;
    const made = this.madeAt(point);
    if (!points) return;
    if (!made) {
      if (!point.curveNumber) this.card.showReal(point, { points }, point.pointIndex);
      return;
    }
    const { lane, label, image } = made;
    const words = make('div');
    words.append(strong(points.classes[label]), makeLine(`${lane.name}, image ${image + 1}`));
    const picture = make('i');
    const cell = cellOf(lane.slot, label);
    if (cell && image < cell.images)
      tile(picture, cell.strip, { columns: cell.images, rows: 1, column: image, row: 0 });
    this.card.place(point, picture, words);
  }
}
