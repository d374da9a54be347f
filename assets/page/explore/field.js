// @ts-check
// A field of values beneath the map's points: blue where real images are missed, amber where too
// many were made. Plotly draws heat maps above its WebGL points, so this is a canvas of its own
// behind the plot. It follows the axes, and takes no hover and no click.

/** @import { Plot } from '../plotly.js' */
/** @import { Grid } from '../values/interpolation.js' */

import { colour } from '../draw/colour.js';
import { make } from '../draw/element.js';
import { Overlay } from '../draw/overlay.js';
import { interpolate } from '../values/interpolation.js';
import { coloured } from '../values/shade.js';

export class Field extends Overlay {
  /** @param {Plot} plot */
  constructor(plot) {
    const canvas = make('canvas', 'd-field');
    super(plot, canvas);
    this.canvas = canvas;
    this.canvas.setAttribute('aria-hidden', 'true');
    /** @type {Grid | null} */
    this.grid = null;
    this.hues = { missed: '', excess: '' };
    plot.before(this.canvas);
  }

  /**
   * @param {Grid | null} grid
   * @param {{ missed: string, excess: string }} hues names of colours, above and below zero
   */
  show(grid, hues = { missed: 'missed', excess: 'excess' }) {
    this.grid = grid;
    this.hues = hues;
    this.repaint();
  }

  /** @override */
  paint() {
    const axes = this.axes();
    this.canvas.hidden = !this.grid || !axes;
    if (!this.grid || !axes) return;
    const { xaxis, yaxis } = axes;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(xaxis._length * ratio));
    const height = Math.max(1, Math.round(yaxis._length * ratio));
    Object.assign(this.canvas, { width, height });
    this.lay(axes);
    const shown = interpolate(this.grid, width, height, xaxis.range, yaxis.range);
    const { missed, excess } = this.hues;
    const pixels = coloured(shown, width, ratio, { missed: rgb(missed), excess: rgb(excess) });
    this.canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  }
}

/**
 * Red, green and blue of a colour of the page.
 * @param {string} name
 */
function rgb(name) {
  return (colour(name).match(/[0-9a-f]{2}/gi) ?? []).map((pair) => Number.parseInt(pair, 16));
}
