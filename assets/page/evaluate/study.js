// @ts-check
// The shipped study: every method of a data set beside random real images, before any click.

/** @import { GetMenu } from '../compare/open.js' */
/** @import { Component } from '../page.js' */
/** @import { Studies, Study, StudyAxis } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { find, make } from '../draw/element.js';
import { Segment } from '../draw/segment.js';
import { Papers } from './papers.js';
import { firstAxes, fullest, messageOf } from './places.js';
import { Plane } from './plane.js';
import { Standings } from './standings.js';

const CHANCE =
  'Bands and lines are 95 % intervals of the mean over sets (Student). A method is better or ' +
  'worse where the interval of its difference to random real images leaves out zero (Welch). ' +
  'Each is compared by itself, so of twenty that are no different about one is told apart by ' +
  'chance. Of a method with one set no interval is drawn: that set is held against one more ' +
  'draw of random real images.';
/** @type {[string, string][]} */
const KEY = [
  ['better', 'better than random real'],
  ['like', 'not told apart'],
  ['worse', 'worse'],
  ['unknown', 'not compared'],
  ['random', 'random real, band: its 95 % interval'],
];

class StudyBoard {
  /**
   * @param {HTMLElement} root
   * @param {GetMenu} menu asks what a comparison can be made of
   */
  constructor(root, menu) {
    this.root = root;
    /** @type {Studies | null} */
    this.value = null;
    /** @type {Study | null} */
    this.study = null;
    this.chosen = { up: '', across: '' };
    this.title = make('summary', 'd-h');
    this.message = make('p', 'd-message');
    /** @type {Segment<string>} */
    this.studies = new Segment('', (name) => this.choose(name));
    this.bar = make('div', 'd-bar d-study-bar');
    this.up = makeSelect('up', (name) => this.turn({ up: name }));
    this.across = makeSelect('across', (name) => this.turn({ across: name }));
    const look = (/** @type {string | null} */ name) => {
      this.plane.point(name);
      this.standings.point(name);
    };
    this.plane = new Plane(look, menu);
    this.standings = new Standings(look, menu);
    this.key = make('div', 'd-bar d-study-key');
    this.frame = make('div', 'd-plane-frame');
    this.frame.append(this.plane.node);
    this.about = make('div', 'd-note d-muted');
    this.papers = new Papers();
    this.bar.append(this.up.node, this.across.node);
    this.root.append(
      this.title,
      this.message,
      this.studies.node,
      this.bar,
      this.frame,
      this.key,
      this.standings.node,
      this.about,
      this.papers.node,
    );
  }

  /** @param {Studies | null} value */
  show(value) {
    if (!value || value === this.value) return;
    this.value = value;
    say('studies', value);
    this.title.textContent = `What every method teaches: ${value.title}`;
    const known = value.studies.length > 0;
    for (const node of [...this.root.children].slice(2)) {
      if (node instanceof HTMLElement) node.hidden = !known;
    }
    this.papers.show(value.papers);
    this.message.textContent = 'No study ships with this data set.';
    if (!known) return;
    this.studies.offer(value.studies.map(({ name, choice }) => [name, choice]));
    this.choose(fullest(value.studies).name);
  }

  /** @param {string} name */
  choose(name) {
    this.study = this.value?.studies.find((study) => study.name === name) ?? null;
    if (!this.study) return;
    this.studies.show(name);
    const { axes } = this.study;
    for (const select of [this.up, this.across]) select.offer(axes);
    this.chosen = firstAxes(this.study);
    this.draw();
  }

  /** @param {{ up?: string, across?: string }} axes */
  turn(axes) {
    this.chosen = { ...this.chosen, ...axes };
    this.draw();
  }

  draw() {
    const { study, chosen } = this;
    if (!study) return;
    const [up, across] = [chosen.up, chosen.across].map((name) => axisOf(study, name));
    this.up.show(up.name);
    this.across.show(across.name);
    const real = study.rows.filter(
      ({ kind, values }) => kind === 'real' && values[up.name]?.grade === 'better',
    );
    const chosenReal = real.map(({ name }) => name).join('; ');
    this.message.textContent =
      messageOf(study.rows, up) +
      (real.length ? ` Among the better are real images that a rule chooses: ${chosenReal}.` : '');
    const alone = study.rows.length < 2 || up.name === across.name;
    this.bar.hidden = study.axes.length < 2;
    this.frame.hidden = alone;
    this.drawKey(study, up);
    if (!alone) this.plane.show(study, across, up);
    this.standings.show(study, up);
    this.about.replaceChildren(
      ...[`${up.title}: ${up.about}.`, CHANCE, ...study.conditions].map((t) => make('p', '', t)),
      ...study.commands.map((command) => make('code', '', command)),
    );
  }

  /**
   * @param {Study} study
   * @param {StudyAxis} up
   */
  drawKey({ rows }, up) {
    const there = new Set(
      rows.map(({ kind, values }) =>
        kind === 'random' ? kind : (values[up.name]?.grade ?? 'unknown'),
      ),
    );
    this.key.replaceChildren(
      ...KEY.filter(([grade]) => there.has(/** @type {any} */ (grade))).map(([grade, text]) => {
        const entry = make('span');
        entry.append(make('i', `d-mark ${grade}`), text);
        return entry;
      }),
    );
  }
}

/**
 * @param {Study} study
 * @param {string} name
 */
function axisOf({ axes }, name) {
  const axis = axes.find((each) => each.name === name);
  if (!axis) throw new Error(`The study has no axis ${name}`);
  return axis;
}

/**
 * A choice of axis.
 * @param {string} label
 * @param {(name: string) => void} choose
 */
function makeSelect(label, choose) {
  const node = make('label', '', label);
  const select = node.appendChild(make('select'));
  select.addEventListener('change', () => choose(select.value));
  return {
    node,
    /** @param {readonly StudyAxis[]} axes */
    offer: (axes) =>
      select.replaceChildren(
        ...axes.map(({ name, title }) => {
          const option = make('option', '', title);
          option.value = name;
          return option;
        }),
      ),
    /** @param {string} name */
    show: (name) => {
      select.value = name;
    },
  };
}

/** @param {Component<Studies>} component */
export function mount({ element, props, server, watch }) {
  const root = /** @type {HTMLDetailsElement} */ (find(element, '.d-study'));
  const board = new StudyBoard(root, /** @type {GetMenu} */ (server.comparing));
  let evaluated = false;
  on('evaluation', () => {
    if (!evaluated) root.open = false; // it makes room for what the visitor finds
    evaluated = true;
  });
  board.show(props.value);
  watch('value', () => board.show(props.value));
}
