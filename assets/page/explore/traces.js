// @ts-check
// The map for Plotly: its traces in their order, each under a name of its own, and its layout.

/** @import { Run, Step } from '../payloads.d.ts' */
/** @import { Points, Standing } from './points.js' */

import { colour } from '../draw/colour.js';
import { uncovered } from './points.js';

/** @typedef {'class' | 'umap' | 'pca'} View */
/** @typedef {'plain' | 'mode' | 'distance'} Paint */
/** @typedef {{ view: View, paint: Paint, witness: boolean }} Look */

/**
 * What the map shows.
 * @typedef {object} Scene
 * @property {Points} points
 * @property {Look} look
 * @property {Run | Step | null} run of this class
 * @property {Standing | null} standing of the run, once it is finished
 */

/** The names of the traces. */
export const TRACES = ['others', 'real', 'uncovered', 'lines', 'distilled', 'picked'];

/** @param {string} name */
export const traceNumber = (name) => TRACES.indexOf(name);

const NARROW = 420; // pixels of a map whose points are smaller
const FADED = { marker: { opacity: 0.12 } };
const FLAT = { mode: 'markers', hoverinfo: 'none', showlegend: false };

/**
 * The places of real images in a view.
 * @param {Scene} scene
 * @param {number[]} rows
 */
export function placesOf({ points, look }, rows) {
  const [x, y] = points.xy[look.view];
  return { x: rows.map((i) => x[i]), y: rows.map((i) => y[i]) };
}

/**
 * The places of the distilled images, and their numbers.
 * @param {Scene} scene
 */
export function madePlaces({ run, look }) {
  const places = run?.points?.[look.view] ?? [];
  return {
    x: places.map(([x]) => x),
    y: places.map(([, y]) => y),
    text: places.map((_, i) => String(i + 1)),
  };
}

/**
 * A line from each distilled image to its nearest real one.
 * @param {Scene} scene
 */
export function linePlaces({ run, look, points }) {
  /** @type {{ x: (number | null)[], y: (number | null)[] }} */
  const { x, y } = { x: [], y: [] };
  if (!run || run.live) return { x, y };
  const [realX, realY] = points.xy[look.view];
  run.nearest.rows.forEach((row, i) => {
    const [madeX, madeY] = run.points[look.view][i];
    x.push(madeX, realX[row], null);
    y.push(madeY, realY[row], null);
  });
  return { x, y };
}

/**
 * The colour of each real image of the class.
 * @param {Scene} scene
 */
function paintOf({ points, look, standing }) {
  const { modes } = points;
  if (look.paint === 'mode' && modes) {
    const color = points.rows.map((i) => modes[i]);
    return { color, colorscale: 'Portland', cmin: 0, cmax: points.modeNames.length - 1 };
  }
  if (look.paint === 'distance' && standing) {
    const color = [...standing.distance];
    const cmax = Math.max(...color);
    return { color, colorscale: 'Viridis', reversescale: true, cmin: 0, cmax };
  }
  return { color: colour('real') };
}

/**
 * @param {Scene} scene
 * @param {number} width of the map in pixels
 */
export function tracesOf(scene, width) {
  const size = width < NARROW ? 0.7 : 1;
  const others = scene.look.view === 'class' ? [] : scene.points.others;
  const rings = uncovered(scene.points, scene.standing);
  return [
    {
      ...{ ...FLAT, type: 'scattergl', ...placesOf(scene, others) },
      ...{ selected: FADED, unselected: FADED },
      marker: { size: 3 * size, color: colour('other') },
    },
    {
      ...{ ...FLAT, type: 'scattergl', ...placesOf(scene, scene.points.rows), unselected: FADED },
      marker: { size: 5 * size, opacity: 0.8, ...paintOf(scene) },
    },
    {
      ...{ ...FLAT, type: 'scattergl', ...placesOf(scene, rings), hoverinfo: 'skip' },
      marker: ring(8 * size, 'bad', 1, 0.75),
      unselected: { marker: { opacity: 0.3 } },
    },
    {
      ...{ ...FLAT, type: 'scatter', mode: 'lines', ...linePlaces(scene), hoverinfo: 'skip' },
      line: { width: 1, color: colour('synthetic') },
      opacity: 0.5,
    },
    madeTrace(scene, size),
    {
      ...{ ...FLAT, type: 'scatter', mode: 'lines+markers', x: [], y: [], hoverinfo: 'skip' },
      zorder: -1,
      line: { width: 1.5, dash: 'dot', color: colour('accent') },
      marker: { ...ring([15 * size, 0], 'accent', 2.5, 1) },
    },
  ].map((trace, k) => ({ ...trace, name: TRACES[k] }));
}

/**
 * @param {number | number[]} size
 * @param {string} name of the colour
 * @param {number} width of the line
 * @param {number} opacity
 */
function ring(size, name, width, opacity) {
  return { size, symbol: 'circle-open', color: colour(name), opacity, line: { width } };
}

/**
 * @param {Scene} scene
 * @param {number} size
 */
function madeTrace(scene, size) {
  return {
    ...{ ...FLAT, type: 'scatter', mode: 'markers+text', ...madePlaces(scene) },
    textfont: { size: 9.5, color: colour('on') },
    marker: {
      size: size < 1 ? 14 : 17,
      color: colour('synthetic'),
      line: { width: 2, color: colour('panel') },
    },
    unselected: { marker: { opacity: 0.25 } },
  };
}

/**
 * Plotly keeps zoom and pan while `uirevision` stays what it is.
 * @param {Pick<Scene, 'points' | 'look'>} scene
 */
export function layoutOf({ points: { dataset, label }, look: { view } }) {
  const axis = { visible: false, zeroline: false };
  return {
    margin: { l: 0, r: 0, t: 4, b: 4 },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    modebar: {
      bgcolor: 'rgba(0,0,0,0)',
      color: colour('muted'),
      activecolor: colour('accent'),
    },
    xaxis: axis,
    yaxis: { ...axis, scaleanchor: 'x' },
    dragmode: 'pan',
    hovermode: 'closest',
    hoverdistance: 12,
    showlegend: false,
    uirevision: view === 'class' ? `${dataset}/${label}` : `${dataset}/${view}`,
    selectionrevision: `${dataset}/${view}/${label}`,
  };
}

export const CONFIG = {
  displaylogo: false,
  responsive: true,
  scrollZoom: true,
  modeBarButtonsToRemove: ['toImage', 'autoScale2d', 'zoomIn2d', 'zoomOut2d'],
  modeBarButtonsToAdd: ['lasso2d', 'select2d'],
};
