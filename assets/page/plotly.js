// @ts-check
// Plotly, which is no module: its script lies beside this one. Here are the types of what the page
// uses of it.

import { make } from './draw/element.js';

/**
 * @typedef {object} Axis
 * @property {[number, number]} range
 * @property {number} _length pixels
 * @property {number} _offset pixels from the edge of the plot
 * @property {(value: number) => number} l2p the pixel of a value, from the axis's offset
 */

/**
 * @typedef {object} Point
 * @property {number} curveNumber of the trace
 * @property {number} pointIndex in the trace
 * @property {number} x
 * @property {number} y
 * @property {Axis} xaxis
 * @property {Axis} yaxis
 */

/**
 * @typedef {object} PlotEvent
 * @property {Point[]} points
 * @property {MouseEvent} event
 */

/**
 * @typedef {object} PlotProperties
 * @property {object[]} [data] traces, once it was drawn
 * @property {{ xaxis?: Axis, yaxis?: Axis }} [_fullLayout]
 * @property {(name: string, listener: (event: PlotEvent) => void) => void} on
 * @property {(name: string) => void} [removeAllListeners]
 */

/** @typedef {HTMLElement & PlotProperties} Plot */

/**
 * @typedef {object} Library
 * @property {(plot: HTMLElement, traces: object[], layout: object, config: object) => Promise<Plot>
 *   } react
 * @property {(plot: HTMLElement, changes: object, traces: number[]) => void} restyle
 * @property {(plot: HTMLElement, changes: object, layout: object, traces: number[]) => void} update
 * @property {(plot: HTMLElement, how: { format: 'svg', width: number, height: number }) =>
 *   Promise<string>} toImage
 * @property {{ resize: (plot: HTMLElement) => void }} Plots
 */

/** @type {Library | null} */
let loaded = null;

/**
 * Loads Plotly, once.
 * @type {Promise<Library>}
 */
export const plotly = new Promise((resolve, reject) => {
  const script = document.createElement('script');
  script.src = new URL('plotly.min.js', import.meta.url).href;
  script.onload = () => {
    loaded = /** @type {{ Plotly: Library }} */ (/** @type {unknown} */ (window)).Plotly;
    resolve(loaded);
  };
  script.onerror = () => reject(new Error('Plotly could not be loaded'));
  document.head.append(script);
});

/**
 * An element to draw a plot in, empty so far.
 * @param {string} className
 */
export function makePlot(className) {
  return /** @type {Plot} */ (/** @type {unknown} */ (make('div', className)));
}

/** Plotly, or null while it is still loaded. */
export const plotlyNow = () => loaded;
