// @ts-check
// The line of a score: random real images of the same number as ticks, the set as a dot. Positions
// are in percent, so that nothing is stretched when its card is.

/** @import { Score } from '../payloads.d.ts' */

import { addShape, makeSvg } from '../draw/svg.js';
import { scaleOf } from '../values/scale.js';

/**
 * @param {Score} score
 * @param {readonly number[]} others values that the line is to have room for
 */
export function makeAxis({ value, draws, mean, spread, grade }, others = []) {
  const svg = makeSvg();
  const { low, high, at } = scaleOf([...draws, ...others, ...(value === null ? [] : [value])]);
  addShape(svg, 'line', { class: 'axis', x1: '1%', x2: '99%', y1: 15, y2: 15 });
  if (mean !== null && spread !== null) {
    const from = at(Math.max(low, mean - 2 * spread));
    const to = at(Math.min(high, mean + 2 * spread));
    const width = `${Math.max(to - from, 1)}%`;
    addShape(svg, 'rect', { class: 'band', x: `${from}%`, width, y: 8, height: 14, rx: 5 });
  }
  for (const v of draws) {
    const x = `${at(v)}%`;
    addShape(svg, 'line', { class: 'tick', x1: x, x2: x, y1: 11, y2: 19 });
  }
  if (value !== null) addShape(svg, 'circle', { class: grade, cx: `${at(value)}%`, cy: 15, r: 6 });
  return svg;
}
