// @ts-check
// One map for all lanes: real images as points, the images of each lane as its marks. What is
// marked here is marked in the matrix, and the other way round. Zoom and pan stay as they are.

/** @import { Component } from '../page.js' */
/** @import { GetPlaces } from './real.js' */
/** @import { Lineup } from '../payloads.d.ts' */
/** @import { Library, Point } from '../plotly.js' */
/** @import { Source } from '../explore/picked.js' */
/** @import { Points } from '../explore/points.js' */
/** @import { View } from '../explore/traces.js' */

import { on, say } from '../bus.js';
import { find, make, makeButton, press } from '../draw/element.js';
import { Segment } from '../draw/segment.js';
import { Card } from '../explore/card.js';
import { Field } from '../explore/field.js';
import { VIEW_TITLES, VIEWS } from '../explore/legend.js';
import { linkedLook } from '../explore/linked.js';
import { CONFIG, layoutOf } from '../explore/traces.js';
import { makePlot, plotly } from '../plotly.js';
import { Gap } from './gap.js';
import { setting, titleOf } from './lineup.js';
import { LiveMarks } from './live.js';
import { look, lookAt } from './look.js';
import { makeMark } from './marks.js';
import { changesOf, groundNumber, slotOf, tracesOf } from './planes.js';
import { pointsOf } from './real.js';
import { picturesOf, runOf } from './results.js';
import { walkByKeys } from './walk.js';
import { WitnessLine } from './witness.js';

/** @typedef {(dataset: string, rows: number[]) => Promise<Source[]>} RealImages */

class LaneMap {
  /**
   * @param {HTMLElement} root
   * @param {{ places: GetPlaces, images: RealImages }} server
   * @param {Library} library
   */
  constructor(root, server, library) {
    this.server = server;
    this.library = library;
    this.plot = makePlot('d-plot');
    /** @type {View} */
    this.view = linkedLook(location.search).view ?? 'class';
    /** @type {Points | null} */
    this.points = null;
    this.asked = '';
    this.listening = false;
    this.waiting = false;
    this.drawn = ''; // what Plotly drew of the lanes: to draw it again costs a look at all points
    /** @type {Map<string, Source>} real images fetched so far */
    this.fetched = new Map();
    const images = (/** @type {number[]} */ rows) => this.fetch(rows);
    this.keys = make('span', 'd-keys');
    this.keys.setAttribute('role', 'group');
    this.keys.setAttribute('aria-label', 'lanes on the map');
    /** @type {Segment<View>} */
    this.views = new Segment('', (view) => {
      this.view = view;
      say('plane', { tab: 'compare', view });
      this.draw();
    });
    this.gap = new Gap(images);
    this.card = new Card(root, this.plot, images);
    this.note = make('div', 'd-status');
    const bar = make('div', 'd-bar');
    bar.append(this.keys, this.views.node);
    root.append(bar, this.plot, walkByKeys(this.plot));
    this.witness = new WitnessLine(new Field(this.plot));
    this.live = new LiveMarks(this.plot, {
      hover: (slot, point) => this.hoverMade(slot, point),
      leave: () => this.leave(),
      choose: (slot, column) => lookAt({ column, slot }),
    });
    root.append(this.witness.node, this.gap.node, this.note, this.card.node);
  }

  /** @param {number[]} rows */
  async fetch(rows) {
    const dataset = this.points?.dataset ?? '';
    const key = (/** @type {number} */ row) => `${dataset}/${row}`;
    const missing = rows.filter((row) => !this.fetched.has(key(row)));
    if (missing.length) {
      const sources = await this.server.images(dataset, missing);
      // Without an answer they are asked for again, the next time.
      if (sources) for (const [k, row] of missing.entries()) this.fetched.set(key(row), sources[k]);
    }
    return rows.map((row) => this.fetched.get(key(row)) ?? null);
  }

  /** @param {Lineup} lineup */
  async load({ dataset, label }) {
    const asked = `${dataset}/${label}`;
    if (asked === this.asked) return this.drawLanes();
    this.asked = asked;
    const points = await pointsOf(dataset, label, this.server.places);
    if (asked !== this.asked) return;
    if (!points) this.asked = ''; // it is asked for again, the next time
    if (!points) return;
    this.points = points;
    const views = /** @type {View[]} */ (Object.keys(points.xy));
    this.views.offer(
      views.map((view) => [view, VIEWS[view]]),
      VIEW_TITLES,
    );
    if (!views.includes(this.view)) this.view = views[0];
    this.draw();
  }

  draw() {
    const { points, view } = this;
    if (!points) return;
    this.views.show(view);
    this.gap.draw(points);
    const gap = look.gap ? this.gap.rows(points) : [];
    const traces = tracesOf(points, view, gap);
    const layout = layoutOf({ points, look: { view, paint: 'plain', witness: false } });
    this.live.view = view;
    this.drawn = '';
    this.library.react(this.plot, traces, layout, CONFIG).then(() => this.listen());
    this.witness.draw(view);
    this.drawKeys(points);
  }

  /** Draws what changes, in the next frame: of what comes between two frames the last is drawn. */
  drawSoon() {
    if (!this.waiting) requestAnimationFrame(() => this.drawLanes());
    this.waiting = true;
  }

  drawLanes() {
    this.waiting = false;
    const { points, view, plot } = this;
    if (!points || !this.listening) return;
    this.gap.draw(points);
    const gap = look.gap ? this.gap.rows(points) : [];
    const { changes, traces } = changesOf(points, view, gap);
    const drawn = JSON.stringify(changes);
    if (drawn !== this.drawn) this.library.restyle(plot, changes, traces);
    this.drawn = drawn;
    this.witness.draw(view);
    this.live.repaint();
    this.drawKeys(points);
  }

  /** @param {Points} points */
  drawKeys(points) {
    const real = make('span', 'd-key');
    const dot = real.appendChild(make('span', 'd-dot'));
    dot.style.background = 'var(--d-real)';
    real.append(`real ${points.classes[points.label]}`);
    const focused = document.activeElement?.getAttribute('data-key');
    const keys = (setting.lineup?.lanes ?? []).map((lane) => {
      const shown = !look.hidden.has(lane.slot);
      const key = makeButton('d-key', '', () => {
        const hidden = new Set(look.hidden);
        if (!hidden.delete(lane.slot)) hidden.add(lane.slot);
        lookAt({ hidden });
      });
      key.append(makeMark(lane.slot, 14), titleOf(lane));
      key.dataset.key = String(lane.slot);
      key.title = shown ? 'hide it on the map' : 'show it on the map';
      press(key, shown);
      return key;
    });
    this.keys.replaceChildren(real, ...keys);
    keys.find((key) => key.dataset.key === focused)?.focus();
    const how =
      this.view === 'pca'
        ? 'the first two principal components of latents'
        : 'UMAP of latents; distilled images lie among their nearest real neighbours';
    this.note.textContent = `${how} · trustworthiness ${points.trust[this.view] ?? '–'}`;
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    const { plot } = this;
    plot.on('plotly_hover', ({ points: [point] }) => this.hover(point));
    plot.on('plotly_unhover', () => this.leave());
    plot.on('plotly_click', ({ points: [point] }) => {
      const slot = slotOf(point.curveNumber);
      if (slot !== null) lookAt({ column: point.pointIndex, slot });
    });
    for (const moved of ['plotly_afterplot', 'plotly_relayout', 'plotly_relayouting'])
      plot.on(moved, () => {
        this.witness.field.repaint();
        this.live.repaint();
      });
    new ResizeObserver(() => {
      if (plot.offsetParent) this.library.Plots.resize(plot);
    }).observe(plot);
    this.drawLanes();
  }

  /** @param {Point} point */
  hover(point) {
    const { points } = this;
    const slot = slotOf(point.curveNumber);
    if (!points) return;
    if (slot !== null) return this.hoverMade(slot, point);
    const rows = point.curveNumber === groundNumber('others') ? points.others : points.rows;
    this.card.showReal(point, { points }, rows[point.pointIndex]);
  }

  /**
   * @param {number} slot
   * @param {Point} point
   */
  hoverMade(slot, point) {
    lookAt({ over: point.pointIndex });
    this.card.showMade(point, { run: picturesOf(slot) });
  }

  leave() {
    this.card.hide();
    lookAt({ over: null });
  }
}

/** @param {Component<null>} component */
export async function mount({ element, server }) {
  const places = /** @type {GetPlaces} */ (server.places);
  const images = /** @type {RealImages} */ (server.real_images);
  const map = new LaneMap(find(element, '.d-lane-map'), { places, images }, await plotly);
  on('lineup', (lineup) => map.load(lineup));
  on('lanes', (slot) => (slot === null || runOf(slot) ? map.drawSoon() : map.live.repaint()));
  on('look', () => map.drawSoon());
  on('theme', () => map.draw());
  if (setting.lineup) await map.load(setting.lineup);
}
