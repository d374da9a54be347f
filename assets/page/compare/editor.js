// @ts-check
// The settings of one lane, in a dialog: its methods, which stack, and the settings of each.

/** @import { Ingredient, Knob, Lane } from '../payloads.d.ts' */

import { make, makeButton, press } from '../draw/element.js';
import {
  FEWEST,
  MOST,
  neededSteps,
  optionsOf,
  parsed,
  rearrange,
  setting,
  titleOf,
  toggled,
  withChange,
  withLane,
  without,
} from './lineup.js';
import { makeMark } from './marks.js';

const CFG = { step: 0.1, about: 'how hard the class pulls' };

export class Editor {
  constructor() {
    this.node = make('dialog', 'd-editor');
    this.head = make('header');
    this.methods = make('div', 'd-methods');
    this.methods.setAttribute('role', 'group');
    this.methods.setAttribute('aria-label', 'methods');
    this.knobs = make('div', 'd-knobs');
    this.foot = make('footer');
    this.node.append(this.head, this.methods, this.knobs, this.foot);
    /** @type {number | null} */
    this.slot = null;
    this.drawn = '';
    this.node.addEventListener('click', ({ target }) => {
      if (target === this.node) this.node.close(); // beside it
    });
    this.node.addEventListener('close', () => {
      this.slot = null;
    });
  }

  /** @param {number} slot */
  open(slot) {
    this.slot = slot;
    this.drawn = '';
    this.draw();
    this.node.showModal();
  }

  lane() {
    return setting.lineup?.lanes.find(({ slot }) => slot === this.slot) ?? null;
  }

  /**
   * @param {Partial<Lane>} changes
   * @param {string} chosen the methods that were chosen now, whose steps all lanes have then
   */
  change(changes, chosen = '') {
    const { lineup, menu } = setting;
    if (this.slot === null || !lineup) return;
    const steps = neededSteps(chosen, lineup.steps, menu?.methods ?? []);
    rearrange({ lanes: withChange(lineup.lanes, this.slot, changes), steps });
  }

  draw() {
    const lane = this.lane();
    if (!lane || !setting.menu) {
      if (this.node.open) this.node.close();
      return;
    }
    const title = titleOf(lane);
    this.head.replaceChildren(makeMark(lane.slot, 20), make('h2', '', title));
    this.node.setAttribute('aria-label', `lane ${title}`);
    const drawn = `${lane.slot} ${lane.method}`;
    if (drawn === this.drawn) return; // a knob that is turned keeps the focus
    this.drawn = drawn;
    this.drawMethods(lane);
    this.drawKnobs(lane);
    this.drawFoot(lane);
  }

  /** @param {Lane} lane */
  drawMethods({ method, options }) {
    const methods = setting.menu?.methods ?? [];
    const alone = methods.filter((one) => one.alone).map(({ name }) => name);
    const focused = document.activeElement?.getAttribute('data-method');
    const chosen = method.split('+');
    const ordered = [...methods].sort((a, b) => Number(b.alone) - Number(a.alone));
    const pills = ordered.map(({ name, title, about }) => {
      const pill = makeButton('d-pill', title, () => {
        const next = toggled(method, name, alone);
        this.change({ method: next, options: optionsOf(options, next) }, next);
      });
      pill.title = about;
      pill.dataset.method = name;
      press(pill, chosen.includes(name));
      return pill;
    });
    this.methods.replaceChildren(...pills);
    pills.find((pill) => pill.dataset.method === focused)?.focus();
  }

  /** @param {Lane} lane */
  drawKnobs({ method, cfg_scale, options }) {
    const chosen = method.split('+');
    const usual = setting.menu?.datasets.find(({ name }) => name === setting.lineup?.dataset);
    const [low, high] = setting.menu?.bounds.cfg_scale ?? [0, 0];
    const parts = [];
    if (method !== 'random')
      parts.push(
        makeSlider(
          'Class guidance (CFG)',
          { ...CFG, low, high },
          cfg_scale ?? usual?.cfg_scale ?? 0,
          (value) => this.change({ cfg_scale: value === usual?.cfg_scale ? null : value }),
        ),
      );
    for (const one of setting.menu?.methods ?? [])
      if (chosen.includes(one.name)) parts.push(this.makeKnobs(one, options));
    this.knobs.replaceChildren(...parts);
  }

  /**
   * @param {Ingredient} method
   * @param {Lane['options']} options
   */
  makeKnobs({ title, about, knobs }, options) {
    const box = make('section');
    box.append(make('h3', '', title), make('p', '', about));
    for (const knob of knobs)
      box.append(
        makeControl(knob, options[knob.key] ?? knob.usual, (value) => this.set(knob, value)),
      );
    return box;
  }

  /**
   * @param {Knob} knob
   * @param {string | number | boolean} value
   */
  set({ key, usual }, value) {
    const { [key]: _, ...others } = this.lane()?.options ?? {};
    this.change({ options: value === usual ? others : { ...others, [key]: value } });
  }

  /** @param {Lane} lane */
  drawFoot(lane) {
    const lanes = setting.lineup?.lanes ?? [];
    const twin = makeButton('d-pill', 'One more like this', () => {
      const more = withLane(setting.lineup?.lanes ?? [], this.lane() ?? lane);
      rearrange({ lanes: more });
      this.turnTo(more.at(-1)?.slot ?? lane.slot);
    });
    twin.disabled = lanes.length >= MOST;
    const remove = makeButton('d-pill', 'Remove', () => {
      this.node.close();
      rearrange({ lanes: without(setting.lineup?.lanes ?? [], lane.slot) });
    });
    remove.disabled = lanes.length <= FEWEST;
    const done = makeButton('d-done', 'Done', () => this.node.close());
    this.foot.replaceChildren(twin, remove, make('span', 'd-spring'), done);
  }

  /**
   * Goes on with another lane while it is open.
   * @param {number} slot
   */
  turnTo(slot) {
    this.slot = slot;
    this.drawn = '';
    this.draw();
  }
}

/**
 * @param {Knob} knob
 * @param {string | number | boolean} value
 * @param {(value: string | number | boolean) => void} change
 */
function makeControl(knob, value, change) {
  const { kind, title, about, low, high, choices } = knob;
  if (kind === 'number' && low !== null && high !== null)
    return makeSlider(title, { low, high, about }, Number(value), change);
  const label = make('label', 'd-knob');
  label.append(make('span', '', title));
  if (kind === 'choice') {
    const select = label.appendChild(make('select'));
    select.append(...choices.map((text) => new Option(text, text)));
    select.value = String(value);
    select.addEventListener('change', () => change(select.value));
  } else {
    const input = label.appendChild(make('input'));
    if (kind === 'flag') {
      Object.assign(input, { type: 'checkbox', checked: value === true });
      input.addEventListener('change', () => change(input.checked));
    } else {
      Object.assign(input, { type: 'number', min: low, max: high, step: 1, value });
      input.addEventListener('change', () => change(parsed(knob, input.value)));
    }
  }
  label.append(make('small', '', about));
  return label;
}

/**
 * @param {string} title
 * @param {{ low: number, high: number, about: string, step?: number }} range
 * @param {number} value
 * @param {(value: number) => void} change
 */
function makeSlider(title, { low, high, about, step }, value, change) {
  const label = make('label', 'd-knob');
  const said = make('output', '', String(value));
  const input = Object.assign(make('input'), { type: 'range', min: low, max: high });
  input.step = String(step ?? (high - low) / 100);
  input.value = String(value);
  input.addEventListener('input', () => {
    const turned = Number(Number(input.value).toPrecision(4));
    said.textContent = String(turned);
    change(turned);
  });
  label.append(make('span', '', title), said, input, make('small', '', about));
  return label;
}
