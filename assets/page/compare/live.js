// @ts-check
// The marks of lanes that are sampled right now, over the map. They move at every step, and Plotly
// would look at all points of the map each time: so it gets them once they are done.

/** @import { Plot, Point } from '../plotly.js' */
/** @import { View } from '../explore/traces.js' */

import { make } from '../draw/element.js';
import { Overlay } from '../draw/overlay.js';
import { addShape, makeSvg } from '../draw/svg.js';
import { marked } from './look.js';
import { PATHS } from './marks.js';
import { liveSlots } from './planes.js';
import { picturesOf } from './results.js';

const SCALE = 0.72; // of a mark's drawing, so that it is as large as Plotly's
const CHOSEN = 1.7; // times as large is a mark of the marked column

/** @typedef {{ hover: (slot: number, point: Point) => void, leave: () => void,
 *   choose: (slot: number, column: number) => void }} Listener */

/** @typedef {{ slot: number, column: number, x: number, y: number }} Shown an image of a lane */

export class LiveMarks extends Overlay {
  /**
   * @param {Plot} plot
   * @param {Listener} listener
   */
  constructor(plot, listener) {
    super(plot, make('div', 'd-live-marks'));
    this.listener = listener;
    this.svg = makeSvg();
    this.node.append(this.svg);
    /** @type {View} */
    this.view = 'class';
    /** @type {Shown[]} */
    this.shown = [];
    /** @type {SVGPathElement[]} of what is shown, in its order */
    this.marks = [];
    plot.after(this.node);
  }

  /** @override */
  paint() {
    const axes = this.axes();
    const slots = axes ? liveSlots() : [];
    this.node.hidden = !slots.length;
    this.shown = slots.flatMap((slot) =>
      (picturesOf(slot)?.points?.[this.view] ?? []).map(([x, y], column) => ({
        slot,
        column,
        x,
        y,
      })),
    );
    this.layMarks(this.shown.length);
    if (!axes || !slots.length) return;
    this.lay(axes);
    const { xaxis, yaxis } = axes;
    for (const [k, mark] of this.marks.entries()) {
      const { slot, column, x, y } = this.shown[k];
      const chosen = marked();
      const scale = SCALE * (column === chosen ? CHOSEN : 1);
      mark.setAttribute('d', PATHS[slot]);
      mark.setAttribute('fill', `var(--d-lane-${slot})`);
      mark.setAttribute('opacity', chosen === null || column === chosen ? '1' : '0.45');
      const place = `translate(${xaxis.l2p(x)} ${yaxis.l2p(y)})`;
      mark.setAttribute('transform', `${place} scale(${scale})`);
    }
  }

  /** @param {number} count */
  layMarks(count) {
    while (this.marks.length > count) this.marks.pop()?.remove();
    while (this.marks.length < count) this.addMark(this.marks.length);
  }

  /** @param {number} k */
  addMark(k) {
    addShape(this.svg, 'path', {});
    const mark = /** @type {SVGPathElement} */ (this.svg.lastElementChild);
    mark.addEventListener('pointerenter', () => this.hover(this.shown[k]));
    mark.addEventListener('pointerleave', () => this.listener.leave());
    mark.addEventListener('click', () =>
      this.listener.choose(this.shown[k].slot, this.shown[k].column),
    );
    this.marks.push(mark);
  }

  /** @param {Shown} shown */
  hover({ slot, column, x, y }) {
    const axes = this.axes();
    if (axes) this.listener.hover(slot, { curveNumber: -1, pointIndex: column, x, y, ...axes });
  }
}
