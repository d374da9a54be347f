// @ts-check
// The traces of the map of all classes: real images, those of the class that is looked at, and the
// images of each lane with the classes that they are of.

/** @import { Points } from '../explore/points.js' */
/** @import { WholeLane } from '../payloads.d.ts' */

import { colour } from '../draw/colour.js';
import { hueOf } from '../values/hue.js';
import { MOST } from './lineup.js';
import { SIZES, SYMBOLS } from './marks.js';
import { browsed, cellOf } from './sets.js';

/** @typedef {'umap' | 'pca'} AllView views that have all classes */
/** @typedef {'lane' | 'class'} Paint */

/**
 * @typedef {object} Scene
 * @property {Points} points
 * @property {AllView} view
 * @property {Paint} paint
 * @property {readonly WholeLane[]} lanes
 * @property {Set<number>} hidden slots of lanes that are not shown
 */

const FLAT = { type: 'scattergl', mode: 'markers', hoverinfo: 'none', showlegend: false };
const SIZE = 8; // pixels of a mark
/** The traces before those of the lanes. */
export const GROUND = ['real', 'class'];

/**
 * The images of a lane that are there, class by class: where each is, of which class, and which.
 * @param {WholeLane} lane
 * @param {AllView} view
 */
export function imagesOf({ slot, made }, view) {
  return [...made]
    .sort((a, b) => a - b)
    .flatMap((label) =>
      (cellOf(slot, label)?.points[view] ?? []).map(([x, y], image) => ({ x, y, label, image })),
    );
}

/** @param {Scene} scene */
export function tracesOf({ points, view, paint, lanes, hidden }) {
  const [x, y] = points.xy[view];
  const count = points.classes.length;
  const dark = Boolean(document.querySelector('.dark'));
  const hues = points.classes.map((_, label) => hueOf(label, count, dark));
  const label = browsed();
  const rows = label === null ? [] : indices(points.labels, label);
  const ground = paint === 'class' ? [...points.labels].map((k) => hues[k]) : colour('other');
  const front = paint === 'class' && label !== null ? hues[label] : colour('real');
  const place = (/** @type {number[]} */ all) => ({
    x: all.map((i) => x[i]),
    y: all.map((i) => y[i]),
  });
  const faint = label === null ? (paint === 'class' ? 0.35 : 0.7) : 0.15;
  return [
    { ...FLAT, x: [...x], y: [...y], marker: { size: 3, color: ground, opacity: faint } },
    { ...FLAT, ...place(rows), marker: { size: 4, color: front, opacity: 0.8 }, hoverinfo: 'skip' },
    ...Array.from({ length: MOST }, (_, slot) => {
      const lane = lanes.find((one) => one.slot === slot && !hidden.has(slot));
      const images = lane ? imagesOf(lane, view) : [];
      const mine = images.map((image) => label === null || image.label === label);
      const marker = {
        symbol: SYMBOLS[slot],
        size: mine.map((own) => SIZES[slot] * (own && label !== null ? 1.3 : 1) * SIZE),
        opacity: mine.map((own) => (own ? 0.95 : 0.12)),
        color:
          paint === 'class' ? images.map((image) => hues[image.label]) : colour(`lane-${slot}`),
        line: { width: 1, color: colour('panel') },
      };
      return {
        ...FLAT,
        x: images.map((image) => image.x),
        y: images.map((image) => image.y),
        marker,
      };
    }),
  ];
}

/**
 * @param {Uint16Array} labels
 * @param {number} label
 */
function indices(labels, label) {
  /** @type {number[]} */
  const found = [];
  for (const [i, own] of labels.entries()) if (own === label) found.push(i);
  return found;
}
