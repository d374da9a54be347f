// @ts-check
// The methods of a study as points of a plane, with random real images as a band.

/** @import { Study, StudyAxis, StudyLine } from '../payloads.d.ts' */
/** @import { GetMenu } from '../compare/open.js' */
/** @import { Scale } from './places.js' */

import { makeCompareLink } from '../compare/open.js';
import { arrows } from '../draw/arrows.js';
import { make } from '../draw/element.js';
import { addShape, makeSvg } from '../draw/svg.js';
import { between, fixed } from '../values/format.js';
import { ordered, said, scaleFor, sidesOf } from './places.js';

const NO_LANE = 'It cannot be made here: no lane of Compare.';

export class Plane {
  /**
   * @param {(name: string | null) => void} look called with what is looked at
   * @param {GetMenu} menu asks what a comparison can be made of
   */
  constructor(look, menu) {
    this.menu = menu;
    this.node = make('div', 'd-plane');
    this.look = look;
    /** @type {Map<string, HTMLElement>} */
    this.marks = new Map();
    this.card = make('div', 'd-card d-plane-card');
    this.card.hidden = true;
    arrows(this.node, () => [...this.marks.values()], {
      round: true,
      moved: (mark) => {
        for (const each of this.marks.values()) each.tabIndex = each === mark ? 0 : -1;
      },
    });
    new ResizeObserver(() => this.name()).observe(this.node);
  }

  /**
   * @param {Study} study
   * @param {StudyAxis} across
   * @param {StudyAxis} up
   */
  show(study, across, up) {
    const rows = study.rows.filter(({ values }) => values[across.name] && values[up.name]);
    const [x, y] = [across, up].map((axis) => {
      const values = rows.map(({ values }) => values[axis.name]);
      return scaleFor(values, axis.log);
    });
    this.rows = ordered(rows, across.name, false);
    this.axes = { across, up, x, y };
    this.svg = makeSvg({ width: '100%', height: '100%' });
    this.drawBand();
    this.marks.clear();
    for (const row of this.rows) this.drawMark(row);
    const first = this.marks.values().next().value;
    if (first) first.tabIndex = 0;
    const titles = [
      make('span', 'd-plane-up', `↑ ${up.title}`),
      make('span', 'd-plane-across', `${across.title} →`),
    ];
    const ticks = [...makeTicks(x, 'left'), ...makeTicks(y, 'bottom')];
    this.names = make('div', 'd-plane-names');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', `${up.title} by ${across.title}`);
    this.node.replaceChildren(
      this.svg,
      ...ticks,
      ...titles,
      this.names,
      ...this.marks.values(),
      this.card,
    );
    this.name();
  }

  /** Random real images: their mean as a line, its interval as a band. */
  drawBand() {
    const random = this.rows?.find(({ kind }) => kind === 'random');
    if (!random || !this.axes || !this.svg) return;
    const { across, up, x, y } = this.axes;
    const [a, b] = [random.values[across.name], random.values[up.name]];
    if (b.low !== null && b.high !== null) {
      const [low, high] = [100 - y.at(b.high), 100 - y.at(b.low)];
      const box = { x: 0, width: '100%', y: `${low}%`, height: `${high - low}%` };
      addShape(this.svg, 'rect', { ...box, class: 'band' });
    }
    if (a.low !== null && a.high !== null) {
      const box = { y: 0, height: '100%', x: `${x.at(a.low)}%` };
      addShape(this.svg, 'rect', {
        ...box,
        width: `${x.at(a.high) - x.at(a.low)}%`,
        class: 'band',
      });
    }
    const [h, v] = [`${100 - y.at(b.mean)}%`, `${x.at(a.mean)}%`];
    addShape(this.svg, 'line', { x1: 0, x2: '100%', y1: h, y2: h, class: 'mean' });
    addShape(this.svg, 'line', { x1: v, x2: v, y1: 0, y2: '100%', class: 'mean' });
  }

  /** @param {StudyLine} row */
  drawMark(row) {
    if (!this.axes || !this.svg) return;
    const { across, up, x, y } = this.axes;
    const [a, b] = [row.values[across.name], row.values[up.name]];
    const grade = row.kind === 'random' ? 'random' : (b.grade ?? 'unknown');
    const [left, top] = [x.at(a.mean), 100 - y.at(b.mean)];
    const lines = [];
    if (b.low !== null && b.high !== null)
      lines.push([left, left, 100 - y.at(b.low), 100 - y.at(b.high)]);
    if (a.low !== null && a.high !== null) lines.push([x.at(a.low), x.at(a.high), top, top]);
    for (const [x1, x2, y1, y2] of lines) {
      const ends = { x1: `${x1}%`, x2: `${x2}%`, y1: `${y1}%`, y2: `${y2}%` };
      addShape(this.svg, 'line', { ...ends, class: `whisker ${grade}`, 'data-name': row.name });
    }
    const mark = row.compared ? makeCompareLink(row.compared, this.menu) : make('span');
    mark.className = `d-mark ${grade} ${row.kind}`;
    if (!row.compared) mark.setAttribute('role', 'img');
    mark.tabIndex = -1;
    mark.style.left = `${left}%`;
    mark.style.top = `${top}%`;
    mark.setAttribute('aria-label', wordsOf(row, [up, across]).join('. '));
    for (const event of ['mouseenter', 'focus'])
      mark.addEventListener(event, () => this.look(row.name));
    for (const event of ['mouseleave', 'blur']) mark.addEventListener(event, () => this.look(null));
    this.marks.set(row.name, mark);
  }

  /** Writes as many names as there is room for. */
  name() {
    const { axes, rows, names } = this;
    const [width, height] = [this.node.clientWidth, this.node.clientHeight];
    if (!axes || !rows || !names || !width) return;
    const random = rows.filter(({ kind }) => kind === 'random'); // it has its name first
    const others = rows.filter(({ kind }) => kind !== 'random');
    const first = [...random, ...ordered(others, axes.up.name, true)];
    const marks = first.map(({ name, values }) => ({
      name,
      x: (width * axes.x.at(values[axes.across.name].mean)) / 100,
      y: (height * (100 - axes.y.at(values[axes.up.name].mean))) / 100,
    }));
    const sides = sidesOf(marks, width);
    names.replaceChildren(
      ...marks.flatMap(({ name, x, y }) => {
        const side = sides.get(name);
        if (!side) return [];
        const node = make('span', side, name);
        node.style.left = `${x}px`;
        node.style.top = `${y}px`;
        return [node];
      }),
    );
  }

  /**
   * Brings a method out, and says what there is of it.
   * @param {string | null} name
   */
  point(name) {
    for (const [each, mark] of this.marks) mark.classList.toggle('d-on', each === name);
    for (const line of this.svg?.querySelectorAll('.whisker') ?? [])
      line.classList.toggle('d-on', line.getAttribute('data-name') === name);
    const [row, mark] = [this.rows?.find((r) => r.name === name), this.marks.get(name ?? '')];
    this.card.hidden = !row || !mark;
    if (!row || !mark || !this.axes) return;
    const [title, ...lines] = wordsOf(row, [this.axes.up, this.axes.across]);
    const text = make('div');
    text.append(make('b', '', title), ...lines.map((line) => make('div', '', line)));
    this.card.replaceChildren(text);
    const [x, y] = [mark.offsetLeft, mark.offsetTop];
    const [w, h] = [this.card.offsetWidth, this.card.offsetHeight];
    this.card.style.left = `${Math.max(0, Math.min(x + 14, this.node.clientWidth - w))}px`;
    this.card.style.top = `${y + 16 + h > this.node.clientHeight ? y - h - 12 : y + 16}px`;
  }
}

/**
 * What is said of a method: its name, then a line for each axis, and what a click does.
 * @param {StudyLine} row
 * @param {StudyAxis[]} axes
 */
function wordsOf(row, axes) {
  const lines = axes.map(({ name, title, digits }) => {
    const value = row.values[name];
    const form = (/** @type {number} */ v) => fixed(v, digits);
    const interval =
      value.low === null ? '' : `, 95 % interval ${between(value.low, value.high, form)}`;
    const verdict = value.verdict ? `: ${value.verdict}` : '';
    return `${title} ${said(value, digits)} (${value.sets}${interval})${verdict}`;
  });
  return [row.name, ...lines, row.compared ? 'A click makes it a lane of Compare.' : NO_LANE];
}

/**
 * @param {Scale} scale
 * @param {'left' | 'bottom'} side
 */
function makeTicks({ ticks, at }, side) {
  return ticks.map((value) => {
    const tick = make('span', `d-tick ${side}`, String(value).replace('-', '−'));
    tick.style[side] = `${at(value)}%`;
    return tick;
  });
}
