// @ts-check
// The real images of a data set as points, which are fetched once for all maps of the tab.

/** @import { Points } from '../explore/points.js' */
/** @import { Places } from '../payloads.d.ts' */

import { decode } from '../explore/points.js';

/** @typedef {(dataset: string, label: number) => Promise<Places | null>} GetPlaces */

/** @type {Map<string, Promise<Places | null>>} by the data set: only the class in front differs */
const known = new Map();

/**
 * The points of a data set with a class in front; null where they cannot be fetched now.
 * @param {string} dataset
 * @param {number} label
 * @param {GetPlaces} get asks the server
 * @returns {Promise<Points | null>}
 */
export async function pointsOf(dataset, label, get) {
  const coming = known.get(dataset) ?? get(dataset, label).catch(() => null);
  known.set(dataset, coming);
  const places = await coming;
  if (!places) known.delete(dataset); // it is asked for again, the next time
  return places && decode({ ...places, label });
}
