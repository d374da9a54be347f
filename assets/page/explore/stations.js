// @ts-check
// Where in the loop of sampling the chosen methods act.

/** @import { MethodWords } from '../payloads.d.ts' */

import { make, strong } from '../draw/element.js';

/** The places of a recipe in the order of a run, and what stands there while no method acts. */
const LOOP = /** @type {const} */ ([
  ['prior', 'network', 'as is'],
  ['init', 'noise', 'random'],
  ['guidance', 'steps', 'CFG'],
  ['select', 'choice', 'all'],
]);

/**
 * @typedef {object} Station
 * @property {string} title
 * @property {string[]} methods that act there
 * @property {string} usual what stands there without any
 */

/**
 * The stations of a run with these methods. Real images go through no loop: they are one station.
 * @param {readonly MethodWords[]} chosen
 * @returns {Station[]}
 */
export function stationsOf(chosen) {
  const at = (/** @type {string} */ place) =>
    chosen.filter(({ acts }) => acts === place).map(({ title }) => title);
  if (at('subset').length)
    return [{ title: 'real images, not sampled', methods: at('subset'), usual: '' }];
  return LOOP.map(([place, title, usual]) => ({ title, methods: at(place), usual }));
}

/** A strip with the stations of a run. */
export class Stations {
  constructor() {
    this.node = make('div', 'd-stations');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', 'where the chosen methods act');
    this.seen = '';
  }

  /** @param {readonly MethodWords[]} chosen */
  draw(chosen) {
    const stations = stationsOf(chosen);
    const now = JSON.stringify(stations);
    if (now === this.seen) return;
    this.seen = now;
    this.node.replaceChildren(
      ...stations.map(({ title, methods, usual }) => {
        const station = make('span', methods.length ? 'd-station d-acts' : 'd-station');
        station.append(make('span', '', title), strong(methods.join(', ') || usual));
        return station;
      }),
    );
  }
}
