// @ts-check
// A small curve.

import { colour } from '../draw/colour.js';
import { addShape, makeSvg } from '../draw/svg.js';
import { spread } from '../values/scale.js';

const [WIDTH, HEIGHT] = [240, 44];

/** @param {readonly (readonly [number, number | null])[]} points */
export function makeSpark(points) {
  const svg = makeSvg({ viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' });
  addShape(svg, 'polyline', {
    points: spread(points, WIDTH, HEIGHT).join(' '),
    fill: 'none',
    stroke: colour('accent'),
    'vector-effect': 'non-scaling-stroke',
  });
  return svg;
}
