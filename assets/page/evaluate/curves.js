// @ts-check
// An evaluation: curves that grow while nets are trained.

/** @import { Component } from '../page.js' */
/** @import { Chart, Evaluation } from '../payloads.d.ts' */
/** @import { Quantity } from './chart.js' */

import { on } from '../bus.js';
import { colour } from '../draw/colour.js';
import { find, make } from '../draw/element.js';
import { Progress } from '../draw/progress.js';
import { Segment } from '../draw/segment.js';
import { makePlot, plotly, plotlyNow } from '../plotly.js';
import { showEvaluation } from '../state.js';
import { percent } from '../values/format.js';
import { coloursOf, layoutOf, tracesOf } from './chart.js';

const BEFORE =
  'Nets are trained from scratch on a set and tested on real images none has seen, beside nets ' +
  'trained on as many real images drawn at random. Choose sets and press Evaluate: the quick ' +
  'protocol takes well under a minute.';
const ABOUT =
  'Thin: one seed, on 200 of the test images; bold: their mean; dots: the test, all its images, ' +
  'after the last epoch. Nothing is chosen by a curve.';
/** @type {[Quantity, string][]} */
const QUANTITIES = [
  ['accuracy', 'accuracy'],
  ['loss', 'training loss'],
];

class Curves {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.head = make('div', 'd-h');
    this.progress = new Progress();
    this.key = make('div', 'd-bar d-key');
    this.plot = makePlot('d-curves');
    this.about = make('p', 'd-muted d-note');
    /** @type {Segment<Quantity>} */
    this.quantities = new Segment('', (quantity) => {
      this.quantity = quantity;
      this.drawChart();
    });
    this.quantities.offer(QUANTITIES);
    this.key.append(this.quantities.node);
    /** @type {HTMLElement[]} */
    this.entries = [];
    /** @type {Quantity} */
    this.quantity = 'accuracy';
    /** @type {Evaluation | null} */
    this.value = null;
    /** @type {Map<string, string>} what happened to those that did not end, by id */
    this.ended = new Map();
    this.head.setAttribute('role', 'status');
    this.plot.setAttribute('role', 'img');
    root.append(this.head, this.progress.node, this.key, this.plot, this.about);
    new ResizeObserver(() => {
      if (this.plot.data && this.plot.offsetWidth) plotlyNow()?.Plots.resize(this.plot);
    }).observe(root);
  }

  /** @param {Evaluation | null} value */
  show(value) {
    if (!value || this.ended.has(value.id)) return;
    this.value = value;
    this.draw();
    showEvaluation(value);
  }

  /**
   * It was stopped or failed: what was finished stays.
   * @param {string} how
   */
  end(how) {
    if (!this.value || !this.isLive()) return;
    this.ended.set(this.value.id, `${how}; what was finished is kept`);
    this.draw();
  }

  isLive() {
    return Boolean(this.value?.live && !this.ended.has(this.value.id));
  }

  draw() {
    const { value } = this;
    const ended = value ? this.ended.get(value.id) : undefined;
    const words = this.isLive() ? value?.now : value && (ended ?? 'done');
    this.progress.show(value?.progress ?? 0, this.isLive());
    this.head.replaceChildren(
      make('span', '', value?.chart?.title ?? 'accuracy on real test images'),
      make('span', ended ? 'd-notice' : '', words ?? ''),
    );
    this.drawChart();
  }

  drawChart() {
    const chart = this.value?.chart ?? null;
    this.quantities.show(this.quantity);
    this.plot.hidden = this.key.hidden = !chart;
    this.about.textContent = chart ? ABOUT : this.value ? '' : BEFORE;
    if (!chart) return;
    const colours = coloursOf(chart.lines).map(colour);
    for (const entry of this.entries) entry.remove();
    this.entries = keyOf(chart, colours);
    this.key.append(...this.entries);
    const traces = tracesOf(chart, colours, this.quantity);
    const names = chart.lines.map(({ name }) => name).join(', ');
    this.plot.setAttribute('aria-label', `${chart.title}: curves of ${names}`);
    const config = { displayModeBar: false, responsive: true };
    plotlyNow()?.react(this.plot, traces, layoutOf(chart, this.quantity), config);
  }
}

/**
 * What the colours mean.
 * @param {Chart} chart
 * @param {string[]} colours of its lines
 */
function keyOf({ lines, full }, colours) {
  const sizes = new Set(lines.map((line) => line.images));
  const entries = lines.map((line, k) => {
    const entry = make('span');
    const dot = entry.appendChild(make('i', 'd-dot'));
    dot.style.background = colours[k];
    const images = sizes.size > 1 && line.kind === 'random' ? `, ${line.images} a class` : '';
    entry.append(line.name + images);
    return entry;
  });
  if (!full) return entries;
  const entry = make('span');
  entry.append(make('i', 'd-dash'), `all real images: ${percent(full.mean)} %`);
  return [...entries, entry];
}

/** @param {Component<Evaluation>} component */
export function mount({ element, props, watch }) {
  const curves = new Curves(find(element, '.d-board'));
  on('end', ({ run, how }) => {
    if (run === 'evaluate' && how !== 'ended') curves.end(how);
  });
  on('theme', () => curves.draw());
  curves.draw();
  curves.show(props.value);
  watch('value', () => curves.show(props.value));
  plotly.then(() => curves.drawChart());
}
