// @ts-check
// The path of each image over the map: from where its noise begins to its place, frame by frame of
// the film that the scrubber shows.

/** @import { Run } from '../payloads.d.ts' */
/** @import { View } from '../explore/traces.js' */

import { numbers } from '../values/bytes.js';
import { frameAt } from '../values/difference.js';

/**
 * @typedef {object} Trail
 * @property {Float32Array} xy of each image in each frame: x, then y, all of a frame together
 * @property {number} n images
 * @property {number} frames
 */

/**
 * What Plotly draws as lines: null ends one.
 * @typedef {{ x: (number | null)[], y: (number | null)[] }} Lines
 */

/** @type {WeakMap<Run, Map<View, Trail>>} */
const known = new WeakMap();

/**
 * The places of a run's images, frame by frame; null of a run without a way.
 * @param {Run} run
 * @param {View} view
 * @returns {Trail | null}
 */
export function trailOf(run, view) {
  const { frames, places } = run.film;
  const given = places?.[view];
  if (!given || frames < 2) return null;
  const trails = known.get(run) ?? new Map();
  known.set(run, trails);
  const found = trails.get(view) ?? {
    xy: Float32Array.from(numbers(given.xy, Int16Array), (value) => value / given.scale),
    n: run.n,
    frames,
  };
  trails.set(view, found);
  return found;
}

/**
 * Where the images are at a part of the way.
 * @param {Trail} trail
 * @param {number} at from 0 to 1
 * @returns {[number, number][]}
 */
export function placesAt(trail, at) {
  const frame = frameAt(at, trail.frames);
  return Array.from({ length: trail.n }, (_, i) => placeOf(trail, frame, i));
}

/**
 * The ways of some images up to a part of them.
 * @param {Trail} trail
 * @param {number} at from 0 to 1
 * @param {(image: number) => boolean} wanted
 * @returns {Lines}
 */
export function linesTo(trail, at, wanted) {
  const last = frameAt(at, trail.frames);
  /** @type {Lines} */
  const { x, y } = { x: [], y: [] };
  for (let i = 0; i < trail.n; i++) {
    if (!wanted(i)) continue;
    for (let frame = 0; frame <= last; frame++) {
      const [a, b] = placeOf(trail, frame, i);
      x.push(a);
      y.push(b);
    }
    x.push(null);
    y.push(null);
  }
  return { x, y };
}

/**
 * @param {Trail} trail
 * @param {number} frame
 * @param {number} image
 * @returns {[number, number]}
 */
function placeOf({ xy, n }, frame, image) {
  const k = 2 * (frame * n + image);
  return [xy[k], xy[k + 1]];
}
