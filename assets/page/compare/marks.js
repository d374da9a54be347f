// @ts-check
// The mark of each lane: a colour and a shape, by its slot. Either alone tells the lanes apart, so
// both can be told by whoever does not see colours.

import { addShape, makeSvg } from '../draw/svg.js';

/** Plotly's names of the shapes, by slot. */
export const SYMBOLS = ['square', 'circle', 'diamond', 'triangle-up', 'star', 'cross'];

/** How large Plotly draws them, so that they look as large as each other. */
export const SIZES = [0.9, 1, 1.15, 1.2, 1.4, 1.15];

/** The same shapes in a square from -8 to 8, by slot. */
export const PATHS = [
  'M-6-6H6V6H-6Z',
  'M-7 0A7 7 0 1 0 7 0A7 7 0 1 0-7 0Z',
  'M0-8L8 0L0 8L-8 0Z',
  'M0-7L8 6.5H-8Z',
  'M0-8L2.2-2.8L7.8-2.4L3.5 1.2L4.8 6.7L0 3.7L-4.8 6.7L-3.5 1.2L-7.8-2.4L-2.2-2.8Z',
  'M-2.6-7.5H2.6V-2.6H7.5V2.6H2.6V7.5H-2.6V2.6H-7.5V-2.6H-2.6Z',
];

/**
 * The mark of a slot as a drawing.
 * @param {number} slot
 * @param {number} size in pixels
 */
export function makeMark(slot, size = 16) {
  const svg = makeSvg({ viewBox: '-9 -9 18 18', width: size, height: size, class: 'd-mark' });
  addShape(svg, 'path', { d: PATHS[slot], fill: `var(--d-lane-${slot})` });
  return svg;
}
