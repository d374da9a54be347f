// @ts-check
// The table of a study: a row for each method, sorted by any column.

/** @import { Study, StudyAxis, StudyLine, StudyValue } from '../payloads.d.ts' */
/** @import { GetMenu } from '../compare/open.js' */
/** @import { Scale } from './places.js' */

import { makeCompareLink } from '../compare/open.js';
import { make, makeButton } from '../draw/element.js';
import { makeLink } from '../draw/link.js';
import { addShape, makeSvg } from '../draw/svg.js';
import { ordered, said, scaleFor } from './places.js';

export class Standings {
  /**
   * @param {(name: string | null) => void} look called with the row that is looked at
   * @param {GetMenu} menu asks what a comparison can be made of
   */
  constructor(look, menu) {
    this.look = look;
    this.menu = menu;
    this.node = make('div', 'd-standings');
    this.node.tabIndex = 0; // to be scrolled by keyboard where it is too wide
    this.node.setAttribute('role', 'group');
    this.table = this.node.appendChild(make('table'));
    /** @type {Map<string, HTMLElement>} */
    this.lines = new Map();
    /** @type {string | null} axis that it is sorted by; null: by name */
    this.by = null;
    this.falling = true;
  }

  /**
   * @param {Study} study
   * @param {StudyAxis} up the axis that is drawn
   */
  show(study, up) {
    this.study = study;
    this.up = up;
    this.sort(up.name, up.better !== 'lower' && up.better !== '');
  }

  /**
   * @param {string | null} by
   * @param {boolean} falling
   */
  sort(by, falling) {
    this.by = by;
    this.falling = falling;
    this.draw();
  }

  draw() {
    const { study, up } = this;
    if (!study || !up) return;
    const focus = this.node.contains(document.activeElement)
      ? document.activeElement?.getAttribute('data-by')
      : null;
    const head = make('thead');
    const titles = head.appendChild(make('tr'));
    titles.append(this.makeHead('method', null), make('th', 'd-line', `${up.title}, drawn`));
    titles.append(...study.axes.map((axis) => this.makeHead(axis.title, axis.name, axis.about)));
    titles.append(make('th', '', 'of'));
    const body = make('tbody');
    const drawn = study.rows.flatMap(({ values }) => values[up.name] ?? []);
    const scale = scaleFor(drawn, up.log);
    const random = study.rows.find(({ kind }) => kind === 'random')?.values[up.name];
    this.lines.clear();
    for (const row of ordered(study.rows, this.by, this.falling))
      body.append(this.makeRow(row, study.axes, up, scale, random));
    this.node.setAttribute('aria-label', study.caption);
    this.table.replaceChildren(make('caption', '', study.caption), head, body);
    if (focus) /** @type {HTMLElement} */ (head.querySelector(`[data-by="${focus}"]`))?.focus();
  }

  /**
   * The head of a column, which sorts by it.
   * @param {string} title
   * @param {string | null} by
   */
  makeHead(title, by, about = '') {
    const head = make('th');
    head.scope = 'col';
    const mine = this.by === by;
    head.setAttribute('aria-sort', mine ? (this.falling ? 'descending' : 'ascending') : 'none');
    const text = `${title}${mine ? (this.falling ? ' ↓' : ' ↑') : ''}`;
    const button = makeButton('', text, () => this.sort(by, mine ? !this.falling : by !== null));
    button.title = about;
    button.dataset.by = by ?? 'name';
    head.append(button);
    return head;
  }

  /**
   * @param {StudyLine} row
   * @param {readonly StudyAxis[]} axes
   * @param {StudyAxis} up
   * @param {Scale} scale
   * @param {StudyValue | undefined} random
   */
  makeRow(row, axes, up, scale, random) {
    const line = make('tr', row.kind);
    const head = line.appendChild(make('th'));
    head.scope = 'row';
    const name = row.link ? makeLink(row.link) : make('span');
    name.textContent = row.name;
    if (row.link) {
      name.className = 'd-link';
      name.title = 'open its run in Explore, in another tab of the browser';
    }
    const box = head.appendChild(make('div'));
    box.append(name);
    if (row.compared) {
      const lane = box.appendChild(makeCompareLink(row.compared, this.menu));
      lane.className = 'd-to-compare';
      lane.textContent = 'compare';
      lane.setAttribute('aria-label', `compare ${row.name}`);
      lane.title = 'make it a lane of Compare';
    }
    const value = row.values[up.name];
    line.appendChild(make('td', 'd-line')).append(value ? makeInterval(value, scale, random) : '');
    for (const axis of axes) {
      const each = row.values[axis.name];
      const cell = line.appendChild(make('td', each?.grade ?? '', said(each, axis.digits)));
      const mark = { better: '▲', like: '', worse: '▼' }[each?.grade ?? 'like'];
      if (mark) cell.append(make('i', '', ` ${mark}`));
      if (each?.verdict) cell.title = each.verdict;
    }
    line.append(make('td', '', value?.sets ?? ''));
    line.addEventListener('mouseenter', () => this.look(row.name));
    line.addEventListener('mouseleave', () => this.look(null));
    line.addEventListener('focusin', () => this.look(row.name));
    line.addEventListener('focusout', () => this.look(null));
    this.lines.set(row.name, line);
    return line;
  }

  /** @param {string | null} name */
  point(name) {
    for (const [each, line] of this.lines) line.classList.toggle('d-on', each === name);
  }
}

/**
 * A mean with its interval, over that of random real images.
 * @param {StudyValue} value
 * @param {Scale} scale
 * @param {StudyValue | undefined} random
 */
function makeInterval(value, { at }, random) {
  const svg = makeSvg({ width: '100%', height: 18 });
  if (random && random.low !== null && random.high !== null) {
    const box = { x: `${at(random.low)}%`, width: `${at(random.high) - at(random.low)}%` };
    addShape(svg, 'rect', { ...box, y: 0, height: 18, class: 'band' });
  }
  const grade = value.grade ?? 'unknown';
  if (value.low !== null && value.high !== null) {
    const ends = { x1: `${at(value.low)}%`, x2: `${at(value.high)}%`, y1: 9, y2: 9 };
    addShape(svg, 'line', { ...ends, class: `whisker ${grade}` });
  }
  addShape(svg, 'circle', { cx: `${at(value.mean)}%`, cy: 9, r: 4, class: grade });
  return svg;
}
