// @ts-check
// The kernel matrix: each distilled image beside every real one.

/** @import { Kernel, Run } from '../payloads.d.ts' */

import { colour } from '../draw/colour.js';
import { make } from '../draw/element.js';
import { makePlot, plotly } from '../plotly.js';
import { choose } from '../state.js';
import { numbers } from '../values/bytes.js';

const ABOUT =
  'Brighter is more alike. Columns are the real images of the class, grouped by the distilled ' +
  'image they are most like: a row without a bright block stands for nothing of its own.';

/**
 * The rows of the matrix, from 0 to 1.
 * @param {Kernel} kernel
 */
export function rowsOf({ values, rows, columns }) {
  const flat = numbers(values, Uint8Array);
  return Array.from({ length: rows }, (_, i) =>
    Array.from(flat.subarray(i * columns, (i + 1) * columns), (v) => v / 255),
  );
}

export class KernelMatrix {
  constructor() {
    this.node = make('details', 'd-kernel');
    this.plot = makePlot('');
    this.node.append(
      make('summary', '', 'Kernel matrix: each distilled image beside every real one'),
      make('p', '', ABOUT),
      this.plot,
    );
    /** @type {Run | null} */
    this.run = null;
    this.listening = false;
    this.node.addEventListener('toggle', () => this.draw());
  }

  /** @param {Run} run */
  show(run) {
    this.run = run;
    return this.draw();
  }

  /** Draws it where it is open: it is large. */
  async draw() {
    const library = await plotly;
    if (!this.node.open || !this.run) return;
    const { kernel, n } = this.run;
    this.plot.style.height = `${Math.max(150, 60 + 18 * n)}px`;
    const config = { displayModeBar: false, responsive: true };
    await library.react(this.plot, [heatMap(rowsOf(kernel))], layout(), config);
    if (this.listening) return;
    this.listening = true;
    this.plot.on('plotly_click', ({ points }) => choose([points[0].y - 1]));
  }
}

/** @param {number[][]} rows */
function heatMap(rows) {
  return {
    type: 'heatmap',
    z: rows,
    y: rows.map((_, i) => i + 1),
    colorscale: 'Viridis',
    zmin: 0,
    zmax: 1,
    hovertemplate: '#%{y} and a real image: %{z:.2f}<extra></extra>',
    colorbar: { thickness: 10, tickfont: { color: colour('muted') } },
  };
}

function layout() {
  return {
    margin: { l: 34, r: 0, t: 6, b: 8 },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    xaxis: { visible: false },
    yaxis: {
      autorange: 'reversed',
      dtick: 1,
      tickfont: { color: colour('muted') },
      fixedrange: true,
    },
  };
}
