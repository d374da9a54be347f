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

/**
 * The same in a sentence.
 * @param {readonly Station[]} stations
 */
export function sentenceOf(stations) {
  const parts = stations.map(({ title, methods, usual }) => {
    return `${title}: ${methods.join(', ') || usual}`;
  });
  return `Where methods act: ${parts.join('; ')}.`;
}

/** A strip with the stations of a run. */
export class Stations {
  constructor() {
    this.node = make('div', 'd-stations');
    this.node.setAttribute('role', 'img');
    this.seen = '';
  }

  /** @param {readonly MethodWords[]} chosen */
  draw(chosen) {
    const stations = stationsOf(chosen);
    const words = sentenceOf(stations);
    if (words === this.seen) return;
    this.seen = words;
    this.node.setAttribute('aria-label', words);
    this.node.replaceChildren(
      ...stations.map(({ title, methods, usual }) => {
        const station = make('span', methods.length ? 'd-station d-acts' : 'd-station');
        station.append(make('span', '', title), strong(methods.join(', ') || usual));
        return station;
      }),
    );
  }
}
