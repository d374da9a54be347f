// @ts-check
// The map of all lanes for Plotly: its traces in their order, and what a column changes of them.

/** @import { Points } from '../explore/points.js' */
/** @import { View } from '../explore/traces.js' */

import { colour } from '../draw/colour.js';
import { MOST, setting } from './lineup.js';
import { look, marked } from './look.js';
import { SIZES, SYMBOLS } from './marks.js';
import { picturesOf, state } from './results.js';

const SIZE = 10; // pixels of a mark
const CHOSEN = 17; // pixels of one of the marked column
/** The traces before those of the lanes. */
const GROUND = ['others', 'real', 'gap', 'thread'];
const FLAT = { mode: 'markers', hoverinfo: 'none', showlegend: false };

/** @param {string} name of a trace before those of the lanes */
export const groundNumber = (name) => GROUND.indexOf(name);

/** @param {number} slot */
export const laneNumber = (slot) => GROUND.length + slot;

/**
 * The slot of a trace; null of one that is no lane's.
 * @param {number} trace
 */
export const slotOf = (trace) => (trace < GROUND.length ? null : trace - GROUND.length);

/**
 * The places of the images of a lane that is on the map.
 * @param {number} slot
 * @param {View} view
 */
function placesOf(slot, view) {
  const there = setting.lineup?.lanes.some((lane) => lane.slot === slot);
  if (!there || look.hidden.has(slot)) return [];
  return picturesOf(slot)?.points?.[view] ?? [];
}

/**
 * What Plotly is to change of the trace of a lane.
 * @param {number} slot
 * @param {View} view
 */
export function laneChanges(slot, view) {
  const places = placesOf(slot, view);
  const column = marked();
  return {
    x: [places.map(([x]) => x)],
    y: [places.map(([, y]) => y)],
    'marker.size': [places.map((_, k) => SIZES[slot] * (k === column ? CHOSEN : SIZE))],
    'marker.opacity': [places.map((_, k) => (column === null || k === column ? 1 : 0.45))],
  };
}

/**
 * A line between the images of the marked column that begin with its noise.
 * @param {View} view
 */
export function threadChanges(view) {
  const column = marked();
  const slots = (setting.lineup?.lanes ?? []).map(({ slot }) => slot);
  const ends = slots.flatMap((slot) => {
    const place = column === null ? undefined : placesOf(slot, view)[column];
    return place && state.told?.begins[slot] === 'noise' ? [place] : [];
  });
  return { x: [ends.map(([x]) => x)], y: [ends.map(([, y]) => y)] };
}

/**
 * @param {Points} points
 * @param {View} view
 * @param {number[]} rows
 */
export function realPlaces({ xy }, view, rows) {
  const [x, y] = xy[view];
  return { x: rows.map((i) => x[i]), y: rows.map((i) => y[i]) };
}

/**
 * @param {Points} points
 * @param {View} view
 * @param {number[]} gap rows of the real images that one lane covers and another does not
 */
export function tracesOf(points, view, gap) {
  const others = view === 'class' ? [] : points.others;
  const ring = { symbol: 'circle-open', size: 10, color: colour('accent'), line: { width: 2 } };
  const thread = threadChanges(view);
  return [
    {
      ...{ ...FLAT, type: 'scattergl', ...realPlaces(points, view, others) },
      marker: { size: 3, color: colour('other') },
    },
    {
      ...{ ...FLAT, type: 'scattergl', ...realPlaces(points, view, points.rows) },
      marker: { size: 4.5, opacity: 0.6, color: colour('real') },
    },
    {
      ...{ ...FLAT, type: 'scattergl', ...realPlaces(points, view, gap), hoverinfo: 'skip' },
      marker: ring,
    },
    {
      ...{ ...FLAT, type: 'scatter', mode: 'lines', hoverinfo: 'skip' },
      ...{ x: thread.x[0], y: thread.y[0] },
      line: { width: 2, dash: 'dot', color: colour('ink') },
    },
    ...Array.from({ length: MOST }, (_, slot) => laneTrace(slot, view)),
  ];
}

/**
 * @param {number} slot
 * @param {View} view
 */
function laneTrace(slot, view) {
  const changes = laneChanges(slot, view);
  return {
    ...{ ...FLAT, type: 'scatter', x: changes.x[0], y: changes.y[0] },
    marker: {
      symbol: SYMBOLS[slot],
      color: colour(`lane-${slot}`),
      size: changes['marker.size'][0],
      opacity: changes['marker.opacity'][0],
      line: { width: 1.5, color: colour('panel') },
    },
  };
}
