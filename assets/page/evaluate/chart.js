// @ts-check
// The curves of an evaluation: thin for one seed, bold for their mean, dots for the test.

/** @import { Chart, Line } from '../payloads.d.ts' */

import { colour } from '../draw/colour.js';
import { meanCurve } from '../values/mean.js';

/** @typedef {'accuracy' | 'loss'} Quantity */

const COLOURS = ['synthetic', 'accent', 'good', 'excess', 'missed', 'bad', 'ink', 'muted'];
const SILENT = { hoverinfo: 'skip', type: 'scatter', mode: 'lines' };

/**
 * The colour of each line by its name: a set has one of its own; what random real images reach is
 * grey everywhere.
 * @param {readonly Line[]} lines
 */
export function coloursOf(lines) {
  let k = 0;
  return lines.map((line) => (line.kind === 'random' ? 'real' : COLOURS[k++ % COLOURS.length]));
}

/**
 * @param {Chart} chart
 * @param {string[]} colours of its lines
 * @param {Quantity} quantity
 */
export function tracesOf({ lines }, colours, quantity) {
  const accuracy = quantity === 'accuracy';
  const column = accuracy ? 1 : 2;
  return lines.flatMap((line, k) => {
    const color = colours[k];
    const curves = line.curves.filter((curve) => curve.length);
    const seeds = curves.map((curve) => ({
      ...{ ...SILENT, x: curve.map((p) => p[0]), y: curve.map((p) => p[column]) },
      ...{ opacity: 0.35, line: { color, width: 1 } },
    }));
    const middle = meanCurve(curves, column);
    const mean = {
      ...{ type: 'scatter', mode: 'lines', name: line.name, line: { color, width: 2.5 } },
      ...{ x: middle.map(([x]) => x), y: middle.map(([, y]) => y) },
      hovertemplate: `%{y:.${accuracy ? 1 : 3}f}`,
    };
    const tests = {
      ...{
        ...SILENT,
        mode: 'markers',
        x: line.ends.map((e) => e[0]),
        y: line.ends.map((e) => e[1]),
      },
      marker: { color, size: 8, line: { color: colour('panel'), width: 1.5 } },
    };
    return accuracy ? [...seeds, mean, tests] : [...seeds, mean];
  });
}

/**
 * @param {Chart} chart
 * @param {Quantity} quantity
 */
export function layoutOf({ full }, quantity) {
  const accuracy = quantity === 'accuracy';
  const grid = colour('line');
  const font = { color: colour('muted'), size: 11 };
  const axis = { gridcolor: grid, zeroline: false, tickfont: font, fixedrange: true };
  const dashes = { color: colour('muted'), width: 1.5, dash: 'dash' };
  const level = full && { type: 'line', xref: 'paper', x0: 0, x1: 1, y0: full.mean, y1: full.mean };
  return {
    margin: { l: 44, r: 8, t: 8, b: 36 },
    showlegend: false,
    hovermode: 'x unified',
    shapes: accuracy && level ? [{ ...level, line: dashes }] : [],
    hoverlabel: {
      bgcolor: colour('panel'),
      bordercolor: grid,
      font: { color: colour('ink'), size: 11 },
    },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    xaxis: { ...axis, title: { font, text: 'epoch' }, rangemode: 'tozero' },
    yaxis: {
      ...axis,
      title: { font, text: accuracy ? 'accuracy, %' : 'loss' },
      ...(accuracy ? { range: [0, 101] } : { rangemode: 'tozero' }),
    },
  };
}
