// @ts-check
// What a map on the page shows at this moment, as text for a picture.

/** @import { Ink } from './drawing.js' */
/** @import { Plot } from '../plotly.js' */

import { colour } from '../draw/colour.js';
import { find } from '../draw/element.js';
import { VIEWS } from '../explore/legend.js';
import { plotly } from '../plotly.js';

/** The colours of words and of the ground, as they are now. @returns {Ink} */
export const inkNow = () => ({
  panel: colour('panel'),
  ink: colour('ink'),
  muted: colour('muted'),
});

/**
 * What Plotly drew, and the field beneath it.
 * @param {ParentNode} root that the map lies in
 */
export async function plotOf(root) {
  const plot = /** @type {Plot} */ (/** @type {unknown} */ (find(root, '.d-plot')));
  const [width, height] = [plot.clientWidth, plot.clientHeight];
  if (!width || !plot.data) throw new Error('The map is not drawn yet. Wait until it is.');
  const library = await plotly;
  const uri = await library.toImage(plot, { format: 'svg', width, height });
  const svg = decodeURIComponent(uri.slice(uri.indexOf(',') + 1));
  return { plot: { svg, width, height }, field: fieldOf(root, plot) };
}

/**
 * @param {ParentNode} root
 * @param {Plot} plot
 */
function fieldOf(root, plot) {
  const canvas = root.querySelector('canvas.d-field');
  if (!(canvas instanceof HTMLCanvasElement) || canvas.hidden) return null;
  return {
    uri: canvas.toDataURL('image/png'),
    x: canvas.offsetLeft - plot.offsetLeft,
    y: canvas.offsetTop - plot.offsetTop,
    width: canvas.clientWidth,
    height: canvas.clientHeight,
  };
}

/**
 * Words that stand beside a map.
 * @param {ParentNode} root
 * @param {string} selector
 */
export const wordsOf = (root, selector) => root.querySelector(selector)?.textContent?.trim() ?? '';

/**
 * The view that is chosen on a map.
 * @param {string} map its selector
 */
export function viewOf(map) {
  const chosen = wordsOf(document, `${map} .d-view [aria-pressed=true]`);
  return Object.entries(VIEWS).find(([, words]) => words === chosen)?.[0] ?? 'umap';
}
