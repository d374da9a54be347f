// @ts-check
// The map: real images as points, the class in front, the distilled images numbered on top, and
// beneath them, if wanted, where real images are missed and where too many were made.
// Nothing of it is redrawn when a selection changes, so zoom and pan stay as they are.

/** @import { Component } from '../page.js' */
/** @import { Places, Run, Step } from '../payloads.d.ts' */
/** @import { Library, PlotEvent, Point } from '../plotly.js' */
/** @import { Source } from './picked.js' */
/** @import { Points, Standing } from './points.js' */
/** @import { Look, Scene, View } from './traces.js' */

import { on, say } from '../bus.js';
import { find, make } from '../draw/element.js';
import { placesAt, trailOf } from '../draw/paths.js';
import { makePlot, plotly } from '../plotly.js';
import { choose, shared } from '../state.js';
import { gridOf } from '../values/witness.js';
import { Card } from './card.js';
import { Field } from './field.js';
import { Legend } from './legend.js';
import { linkedLook } from './linked.js';
import { Picked } from './picked.js';
import { decode, factsOf, nearestTo, standingOf, uncovered } from './points.js';
import {
  CONFIG,
  layoutOf,
  linePlaces,
  madePlaces,
  placesOf,
  TRACES,
  traceNumber,
  tracesOf,
} from './traces.js';

/** @typedef {(dataset: string, rows: number[]) => Promise<Source[] | undefined>} RealImages */

const NEAR = 2; // pixels: points that lie on each other

class RealMap {
  /**
   * @param {HTMLElement} root
   * @param {RealImages} realImages of the server
   * @param {Library} library
   */
  constructor(root, realImages, library) {
    this.library = library;
    this.realImages = realImages;
    this.plot = makePlot('d-plot');
    /** @type {Look} */
    this.look = { view: 'class', paint: 'plain', witness: true, ...linkedLook(location.search) };
    /** @type {Points | null} */
    this.points = null;
    /** @type {number[] | null} real images that are picked */
    this.rows = null;
    /** @type {string | null} id of the live run whose points are being moved */
    this.following = null;
    this.listening = false;
    /** @type {Map<string, Source>} real images fetched so far */
    this.fetched = new Map();
    /** @type {WeakMap<Run, Standing>} */
    this.standings = new WeakMap();
    const images = (/** @type {number[]} */ rows) => this.fetch(rows);
    this.legend = new Legend((change) => this.change(change));
    this.card = new Card(root, this.plot, images);
    const below = make('div', 'd-picked');
    const { bar, corner, note } = this.legend;
    root.append(bar, this.plot, corner, below, note, this.card.node);
    this.field = new Field(this.plot);
    this.picked = new Picked(below, images, (row) => this.facts(row));
  }

  /**
   * What is shown; null before there is a value.
   * @returns {Scene | null}
   */
  scene() {
    const { points, look } = this;
    if (!points) return null;
    const run = this.runOf(points);
    return { points, look, run, standing: this.standing(run) };
  }

  /**
   * The run that is shown, if it is of this class.
   * @param {Points} points
   */
  runOf({ label, dataset }) {
    const { run } = shared;
    if (run?.label !== label) return null;
    return run.live || run.dataset === dataset ? run : null;
  }

  /** @param {Run | Step | null} run */
  standing(run) {
    if (!run || run.live) return null;
    const known = this.standings.get(run) ?? standingOf(run);
    this.standings.set(run, known);
    return known;
  }

  /** @param {number} row */
  facts(row) {
    const scene = this.scene();
    if (!scene) throw new Error('there is no map');
    const { points, run, standing } = scene;
    return factsOf(row, points, run && !run.live ? run : null, standing);
  }

  /**
   * Pictures of real images by their rows; null for one that is not on this machine.
   * @param {number[]} rows
   * @returns {Promise<Source[]>}
   */
  async fetch(rows) {
    const dataset = this.points?.dataset ?? '';
    const key = (/** @type {number} */ row) => `${dataset}/${row}`;
    const missing = rows.filter((row) => !this.fetched.has(key(row)));
    if (missing.length) {
      const sources = await this.realImages(dataset, missing);
      // Without an answer they are asked for again, the next time.
      if (sources) for (const [k, row] of missing.entries()) this.fetched.set(key(row), sources[k]);
    }
    return rows.map((row) => this.fetched.get(key(row)) ?? null);
  }

  /** @param {Places | null} value */
  load(value) {
    if (!value) return;
    this.points = decode(value);
    this.pick(null);
    const views = /** @type {View[]} */ (Object.keys(this.points.xy));
    if (!views.includes(this.look.view)) this.look.view = views[0];
    this.draw();
  }

  draw() {
    const scene = this.scene();
    if (!scene) return;
    const traces = tracesOf(scene, this.plot.clientWidth);
    this.library.react(this.plot, traces, layoutOf(scene), CONFIG).then(() => this.listen());
    this.legend.draw(scene);
    this.drawField(scene);
    this.mark(scene);
  }

  /** @param {Scene} scene */
  drawField({ run, look, standing }) {
    const shown = look.witness && standing && run && !run.live;
    const field = shown && run.witness.fields[look.view];
    this.field.show(field ? gridOf(field) : null);
  }

  /** @param {Partial<Look>} change */
  change(change) {
    Object.assign(this.look, change);
    const { view, paint, witness } = this.look;
    say('plane', { tab: 'explore', view, paint, witness: witness ? '1' : '0' });
    const scene = this.scene();
    if (!scene) return;
    if (change.witness === undefined) return this.draw();
    this.legend.drawField(scene); // the points stay untouched
    this.drawField(scene);
  }

  /** @param {Run | Step} run */
  follow(run) {
    const scene = this.scene();
    if (scene && run.live && run.id && this.following === run.id) {
      const { x, y, text } = madePlaces(scene);
      this.library.restyle(this.plot, { x: [x], y: [y], text: [text] }, [traceNumber('distilled')]);
      return;
    }
    if (scene) this.pick(null);
    this.draw(); // without the lines and rings of the run before
    this.following = (scene && run.live && run.id) || null;
  }

  /**
   * Moves the distilled images to where they were on their way; their lines come back at its end.
   * @param {number | null} at from 0 to 1, or null for the end
   */
  replay(at) {
    const scene = this.scene();
    if (!scene?.run || scene.run.live) return;
    const trail = at === null ? null : trailOf(scene.run, scene.look.view);
    if (at !== null && !trail) return; // not all runs that ship know their way
    const way = trail && at !== null ? placesAt(trail, at) : null;
    const made = way ? { x: way.map(([x]) => x), y: way.map(([, y]) => y) } : madePlaces(scene);
    const lines = way ? { x: [], y: [] } : linePlaces(scene);
    this.library.update(
      this.plot,
      { x: [lines.x, made.x], y: [lines.y, made.y] },
      { 'xaxis.autorange': false, 'yaxis.autorange': false },
      ['lines', 'distilled'].map(traceNumber),
    );
  }

  /** @param {number[] | null} rows */
  pick(rows) {
    this.rows = rows;
    return this.picked.show(rows);
  }

  /**
   * Greys what is not chosen: of real images those that are picked stay, else those nearest to the
   * chosen. One real image by itself leaves the distilled image that is nearest to it.
   * @param {Scene} scene
   */
  mark(scene) {
    const { points, run, standing } = scene;
    const { rows } = this;
    const chosen = [...shared.chosen];
    const near = run && !run.live ? run.nearest.rows : [];
    const beside = new Set(rows ?? chosen.map((i) => near[i]));
    const any = chosen.length > 0 || Boolean(rows?.length);
    const among = (/** @type {number[]} */ all) =>
      any ? all.flatMap((row, k) => (beside.has(row) ? [k] : [])) : null;
    const one = rows?.length === 1 ? rows[0] : null;
    const nearest = one === null ? null : nearestTo(one, points, standing);
    const made = chosen.length || nearest === null ? chosen : [nearest];
    const rings = uncovered(points, standing);
    this.library.restyle(
      this.plot,
      { selectedpoints: [among(points.rows), among(rings), any ? made : null] },
      ['real', 'uncovered', 'distilled'].map(traceNumber),
    );
    this.markOne(scene, one, nearest);
  }

  /**
   * Rings one real image, with a line to the distilled image that is nearest to it.
   * @param {Scene} scene
   * @param {number | null} row
   * @param {number | null} nearest
   */
  markOne(scene, row, nearest) {
    const { x, y } = placesOf(scene, row === null ? [] : [row]);
    const to = nearest === null ? undefined : scene.run?.points?.[scene.look.view][nearest];
    if (to) {
      x.push(to[0]);
      y.push(to[1]);
    }
    // The ring is larger than a point: at the rim it would widen the axes, were they not held.
    const held = row === null ? {} : { 'xaxis.autorange': false, 'yaxis.autorange': false };
    this.library.update(this.plot, { x: [x], y: [y] }, held, [traceNumber('picked')]);
  }

  /** @param {number[] | null} rows */
  chosen(rows) {
    const scene = this.scene();
    if (!scene) return;
    this.pick(rows);
    this.mark(scene);
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    const { plot } = this;
    plot.on('plotly_hover', ({ points }) => this.hover(points[0]));
    plot.on('plotly_unhover', () => this.card.hide());
    plot.on('plotly_click', (event) => this.click(event));
    plot.on('plotly_selected', (event) => this.select(event));
    plot.on('plotly_deselect', () => choose([]));
    // What comes and goes above and below the plot leaves it less or more room.
    new ResizeObserver(() => {
      if (plot.offsetParent) this.library.Plots.resize(plot);
    }).observe(plot);
    for (const moved of ['plotly_afterplot', 'plotly_relayout', 'plotly_relayouting'])
      plot.on(moved, () => this.field.repaint());
  }

  /** @param {Point} point */
  hover(point) {
    const scene = this.scene();
    if (!scene) return;
    const trace = TRACES[point.curveNumber];
    if (trace === 'distilled') this.card.showMade(point, scene);
    else if (trace === 'others' || trace === 'real')
      this.card.showReal(point, scene, this.rowUnder(point, scene));
  }

  /** @param {PlotEvent} event */
  click({ points: [point], event }) {
    const scene = this.scene();
    if (!scene) return;
    if (TRACES[point.curveNumber] === 'distilled')
      choose([point.pointIndex], { add: event.shiftKey });
    else choose([], { rows: [this.rowUnder(point, scene)] });
  }

  /** @param {PlotEvent | undefined} event */
  select(event) {
    const scene = this.scene();
    if (!event || !scene) return;
    const of = (/** @type {string} */ trace) =>
      event.points.filter((point) => TRACES[point.curveNumber] === trace);
    choose(
      of('distilled').map((point) => point.pointIndex),
      { rows: of('real').map((point) => scene.points.rows[point.pointIndex]) },
    );
  }

  /**
   * The real image at a point of the map. Where two lie on each other, a ring goes before the rest.
   * @param {Point} point
   * @param {Scene} scene
   */
  rowUnder({ curveNumber, pointIndex, x, y, xaxis, yaxis }, { points, look, standing }) {
    const rings = uncovered(points, standing);
    const trace = TRACES[curveNumber];
    const rows = { real: points.rows, uncovered: rings }[trace] ?? points.others;
    const own = rows[pointIndex];
    if (rings.includes(own)) return own;
    const [xs, ys] = points.xy[look.view];
    const off = (/** @type {number} */ row) =>
      Math.hypot(xaxis.l2p(xs[row]) - xaxis.l2p(x), yaxis.l2p(ys[row]) - yaxis.l2p(y));
    return rings.find((row) => off(row) < NEAR) ?? own;
  }
}

/** @param {Component<Places>} component */
export async function mount({ element, props, server, watch }) {
  const realImages = /** @type {RealImages} */ (server.real_images);
  const map = new RealMap(find(element, '.d-map'), realImages, await plotly);
  on('run', (run) => map.follow(run));
  on('choose', ({ rows }) => map.chosen(rows));
  on('film', (at) => map.replay(at));
  on('theme', () => map.draw());
  watch('value', () => map.load(props.value));
  map.load(props.value);
}
