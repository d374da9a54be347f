// @ts-check
// What is swept, to be set: the class, the methods, the numbers that stay, and the dials that do
// not.

/** @import { Component } from '../page.js' */
/** @import { Menu, Sweep } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { neededSteps, toggled } from '../compare/lineup.js';
import { find, make, makeButton, press } from '../draw/element.js';
import { labelled, makeNumber } from '../draw/number.js';
import { fill, makeSelect } from '../draw/select.js';
import { AxisSetup } from './axis.js';
import { arrange, change, dialsOf, keptAxes, NUMBERS, setting } from './sweep.js';

const TITLES = { ipc: 'Images', steps: 'Steps', cfg_scale: 'CFG', seed: 'Seed' };
const SIDES = ['Columns', 'Rows'];

class Setup {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.dataset = makeSelect((dataset) => {
      const found = setting.menu?.datasets.find(({ name }) => name === dataset);
      change({ dataset, label: 0, cfg_scale: found?.cfg_scale ?? 1 });
    });
    this.label = makeSelect((value) => change({ label: Number(value) }));
    this.numbers = NUMBERS.map((key) => {
      const bounds = () => setting.menu?.bounds[key];
      const keep = (/** @type {number | null} */ value) =>
        change(value === null ? {} : { [key]: value });
      return makeNumber(key !== 'cfg_scale', bounds, keep);
    });
    const shared = make('div', 'd-shared');
    shared.append(
      labelled('Data set', this.dataset),
      labelled('Class', this.label),
      ...NUMBERS.map((key, k) => labelled(TITLES[key], this.numbers[k])),
    );
    this.chosen = make('summary');
    this.methods = make('div', 'd-methods');
    this.methods.setAttribute('role', 'group');
    this.methods.setAttribute('aria-label', 'methods of the sweep');
    const folded = make('details');
    folded.append(this.chosen, this.methods);
    this.axes = SIDES.map((side, place) => new AxisSetup(side, place));
    this.count = make('p', 'd-note');
    root.append(shared, folded, ...this.axes.map(({ node }) => node), this.count);
  }

  draw() {
    const { sweep, menu } = setting;
    if (!sweep || !menu) return;
    fill(
      this.dataset,
      menu.datasets.map(({ name, title }) => [name, title]),
      sweep.dataset,
    );
    const classes = menu.datasets.find(({ name }) => name === sweep.dataset)?.classes ?? [];
    fill(
      this.label,
      classes.map((name, k) => [String(k), name]),
      String(sweep.label),
    );
    for (const [k, key] of NUMBERS.entries()) {
      const [min, max] = menu.bounds[key].map(String);
      Object.assign(this.numbers[k], { min, max, value: String(sweep[key]) });
      const swept = sweep.axes.some((axis) => axis.key === key);
      /** @type {HTMLElement} */ (this.numbers[k].parentElement).hidden = swept;
    }
    this.drawMethods(sweep, menu);
    const dials = dialsOf(menu, sweep.method);
    for (const axis of this.axes) axis.draw(sweep.axes, dials);
    const runs = sweep.axes.reduce((product, { count }) => product * count, 1);
    this.count.textContent = `At most ${runs} runs. Those that were made before are there at once.`;
  }

  /**
   * @param {Sweep} sweep
   * @param {Menu} menu
   */
  drawMethods({ method }, { methods }) {
    const chosen = method.split('+');
    const titles = methods.filter(({ name }) => chosen.includes(name)).map(({ title }) => title);
    this.chosen.textContent = `Method: ${titles.join(' + ')}`;
    if (this.methods.childElementCount !== methods.length)
      this.methods.replaceChildren(
        ...methods.map(({ name, title, about }) => {
          const button = makeButton('d-pill', title, () => this.toggle(name));
          button.title = about;
          return button;
        }),
      );
    for (const [k, { name }] of methods.entries())
      press(this.methods.children[k], chosen.includes(name));
  }

  /** @param {string} name */
  toggle(name) {
    const { sweep, menu } = setting;
    if (!sweep || !menu) return;
    const alone = menu.methods.filter((one) => one.alone).map((one) => one.name);
    const method = toggled(sweep.method, name, alone);
    const steps = neededSteps(method, sweep.steps, menu.methods);
    change({ method, steps, axes: keptAxes(sweep.axes, dialsOf(menu, method)) });
  }
}

/** @param {Component<Sweep>} component */
export async function mount({ element, props, server, trigger, watch }) {
  const setup = new Setup(find(element, '.d-sweep-setup'));
  const menu = /** @type {(nothing: null) => Promise<Menu>} */ (server.sweepable);
  on('sweep', (sweep) => {
    if (props.value !== sweep) props.value = sweep; // so that Python is handed it
    setup.draw();
    if (!sweep.run || !setting.menu) return;
    change({}); // it is asked for once
    trigger('go');
  });
  watch('value', () => {
    if (props.value && props.value !== setting.sweep) arrange(props.value);
  });
  setting.menu = await menu(null);
  const sweep = setting.sweep ?? props.value;
  if (sweep) arrange(sweep);
}
