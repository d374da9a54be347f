// @ts-check
// What is drawn over or beneath a plot, and follows its axes. Plotly draws heat maps above its
// WebGL points, and looks at all points where a few move: so such things have their own element.

/** @import { Axis, Plot } from '../plotly.js' */

export class Overlay {
  /**
   * @param {Plot} plot
   * @param {HTMLElement} node what is drawn into
   */
  constructor(plot, node) {
    this.plot = plot;
    this.node = node;
    this.waiting = false;
  }

  /** Paints once in the next frame, however often it is called before. */
  repaint() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  /** Draws what there is to draw; each kind does so in its own way. */
  paint() {}

  /** The axes of the plot; none before it is drawn. */
  axes() {
    const { xaxis, yaxis } = this.plot._fullLayout ?? {};
    return xaxis && yaxis ? { xaxis, yaxis } : null;
  }

  /**
   * Lays the element over the place between the axes.
   * @param {{ xaxis: Axis, yaxis: Axis }} axes
   */
  lay({ xaxis, yaxis }) {
    Object.assign(this.node.style, {
      left: `${this.plot.offsetLeft + xaxis._offset}px`,
      top: `${this.plot.offsetTop + yaxis._offset}px`,
      width: `${xaxis._length}px`,
      height: `${yaxis._length}px`,
    });
  }
}
