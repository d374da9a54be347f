// @ts-check
// The map of all lanes for Plotly: its traces in their order, and what a column changes of them.

/** @import { Points } from '../explore/points.js' */
/** @import { View } from '../explore/traces.js' */
/** @import { Lines } from '../draw/paths.js' */

import { colour } from '../draw/colour.js';
import { linesTo, placesAt, trailOf } from '../draw/paths.js';
import { MOST, setting } from './lineup.js';
import { look, marked } from './look.js';
import { SIZES, SYMBOLS } from './marks.js';
import { goesOn, picturesOf, runOf, state } from './results.js';

const SIZE = 10; // pixels of a mark
const CHOSEN = 17; // pixels of one of the marked column
/** Traces before those of the lanes; a lane has one of marks, of ways, and of the marked way. */
const GROUND = ['others', 'real', 'gap', 'thread'];
const FLAT = { mode: 'markers', hoverinfo: 'none', showlegend: false };

/** @param {string} name of a trace before those of the lanes */
export const groundNumber = (name) => GROUND.indexOf(name);

/** The slots that lanes can have. */
const SLOTS = Array.from({ length: MOST }, (_, slot) => slot);

/**
 * The slot of a trace; null of one that is not a lane's marks.
 * @param {number} trace
 */
export function slotOf(trace) {
  const slot = trace - GROUND.length;
  return slot >= 0 && slot < MOST ? slot : null;
}

/**
 * The places of the images of a lane that is on the map.
 * @param {number} slot
 * @param {View} view
 */
function placesOf(slot, view) {
  const trail = trailAt(slot, view);
  if (trail) return placesAt(trail, look.at);
  return isShown(slot) ? (runOf(slot)?.points[view] ?? []) : [];
}

/** The slots of the shown lanes whose marks `LiveMarks` draws, and Plotly does not. */
export const liveSlots = () => SLOTS.filter((slot) => isShown(slot) && isLive(slot));

/**
 * Whether `LiveMarks` draws the marks of a lane: until it is done, and until the others are done,
 * too, so that a finished lane costs no look at all points of the map while the next ones come.
 * Where steps are shown, Plotly draws a finished lane at once, with its ways.
 * @param {number} slot
 */
function isLive(slot) {
  const shown = picturesOf(slot);
  return shown !== null && (shown.live || (goesOn() && look.view !== 'steps'));
}

/** @param {number} slot */
function isShown(slot) {
  return setting.lineup?.lanes.some((lane) => lane.slot === slot) && !look.hidden.has(slot);
}

/**
 * The way of the images of a lane, while steps are shown; null where none is to be drawn.
 * @param {number} slot
 * @param {View} view
 */
function trailAt(slot, view) {
  const run = look.view === 'steps' && isShown(slot) ? runOf(slot) : null;
  return run && trailOf(run, view);
}

/**
 * The ways of the images of a lane: those of all but the marked one, and that of the marked one.
 * @param {number} slot
 * @param {View} view
 * @returns {[Lines, Lines]}
 */
function waysOf(slot, view) {
  const trail = trailAt(slot, view);
  if (!trail)
    return [
      { x: [], y: [] },
      { x: [], y: [] },
    ];
  const column = marked();
  return [
    linesTo(trail, look.at, (k) => k !== column),
    linesTo(trail, look.at, (k) => k === column),
  ];
}

/**
 * What Plotly is to change of the marks of a lane.
 * @param {number} slot
 * @param {View} view
 */
function marksOf(slot, view) {
  const places = isLive(slot) ? [] : placesOf(slot, view);
  const column = marked();
  return {
    x: places.map(([x]) => x),
    y: places.map(([, y]) => y),
    size: places.map((_, k) => SIZES[slot] * (k === column ? CHOSEN : SIZE)),
    opacity: places.map((_, k) => (column === null || k === column ? 1 : 0.45)),
  };
}

/**
 * A line between the images of the marked column that begin with its noise.
 * @param {View} view
 */
function threadOf(view) {
  const column = look.view === 'steps' ? null : marked(); // there the ways say it
  const slots = (setting.lineup?.lanes ?? []).map(({ slot }) => slot);
  const ends = slots.flatMap((slot) => {
    const place = column === null ? undefined : placesOf(slot, view)[column];
    return place && state.told?.begins[slot] === 'noise' ? [place] : [];
  });
  return { x: ends.map(([x]) => x), y: ends.map(([, y]) => y) };
}

/**
 * @param {Points} points
 * @param {View} view
 * @param {number[]} rows
 */
function realPlaces({ xy }, view, rows) {
  const [x, y] = xy[view];
  return { x: rows.map((i) => x[i]), y: rows.map((i) => y[i]) };
}

/**
 * What Plotly is to change when a lane, a step or a column does, and in which traces: in one go,
 * since each costs a look at all points.
 * @param {Points} points
 * @param {View} view
 * @param {number[]} gap rows of the real images that one lane covers and another does not
 */
export function changesOf(points, view, gap) {
  const marks = SLOTS.map((slot) => marksOf(slot, view));
  const ways = SLOTS.map((slot) => waysOf(slot, view));
  const ground = [realPlaces(points, view, gap), threadOf(view)];
  const lines = [...ways.map(([others]) => others), ...ways.map(([, one]) => one)];
  const all = [...ground, ...marks, ...lines];
  const none = ground.map(() => undefined);
  const changes = {
    x: all.map(({ x }) => x),
    y: all.map(({ y }) => y),
    // What is undefined stays as it is.
    'marker.size': [...none, ...marks.map(({ size }) => size), ...lines.map(() => undefined)],
    'marker.opacity': [
      ...none,
      ...marks.map(({ opacity }) => opacity),
      ...lines.map(() => undefined),
    ],
    opacity: [...none, ...marks.map(() => undefined), ...lines.map((_, k) => fade(k < MOST))],
  };
  const first = GROUND.indexOf('gap'); // the thread follows, then the lanes, then their ways
  return { changes, traces: all.map((_, k) => first + k) };
}

/**
 * How strong the ways of images are drawn.
 * @param {boolean} others than the marked one
 */
const fade = (others) => (!others ? 1 : marked() === null ? 0.6 : 0.18);

/**
 * @param {Points} points
 * @param {View} view
 * @param {number[]} gap rows of the real images that one lane covers and another does not
 */
export function tracesOf(points, view, gap) {
  const others = view === 'class' ? [] : points.others;
  const ring = { symbol: 'circle-open', size: 10, color: colour('accent'), line: { width: 2 } };
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
      ...{ ...FLAT, type: 'scatter', mode: 'lines', hoverinfo: 'skip', ...threadOf(view) },
      line: { width: 2, dash: 'dot', color: colour('ink') },
    },
    ...SLOTS.map((slot) => markTrace(slot, view)),
    ...SLOTS.map((slot) => wayTrace(slot, waysOf(slot, view)[0], 1.2, fade(true))),
    ...SLOTS.map((slot) => wayTrace(slot, waysOf(slot, view)[1], 3, fade(false))),
  ];
}

/**
 * @param {number} slot
 * @param {View} view
 */
function markTrace(slot, view) {
  const { x, y, size, opacity } = marksOf(slot, view);
  const line = { width: 1.5, color: colour('panel') };
  const marker = { symbol: SYMBOLS[slot], color: colour(`lane-${slot}`), size, opacity, line };
  return { ...FLAT, type: 'scatter', x, y, marker };
}

/**
 * @param {number} slot
 * @param {Lines} way
 * @param {number} width in pixels
 * @param {number} opacity
 */
function wayTrace(slot, { x, y }, width, opacity) {
  return {
    ...{ ...FLAT, type: 'scatter', mode: 'lines', x, y, hoverinfo: 'skip' },
    ...{ zorder: -1, opacity, line: { width, color: colour(`lane-${slot}`) } },
  };
}
