// @ts-check
// What is compared: the class and the numbers that all lanes share, and the lanes as chips.

/** @import { Component } from '../page.js' */
/** @import { Lane, Lanes, Lineup, Menu } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { find, make, makeButton } from '../draw/element.js';
import { labelled, makeNumber } from '../draw/number.js';
import { fill, makeSelect } from '../draw/select.js';
import { Editor } from './editor.js';
import {
  arrange,
  FEWEST,
  MOST,
  NUMBERS,
  rearrange,
  setting,
  settingsOf,
  titleOf,
  withLane,
  without,
} from './lineup.js';
import { makeMark } from './marks.js';
import { clear, state, takeShipped } from './results.js';

/** @typedef {(dataset: string) => Promise<Lanes | null>} Shipped */

const TITLES = { ipc: 'Images', steps: 'Steps', seed: 'Seed' };

class Setup {
  /**
   * @param {HTMLElement} root
   * @param {Shipped} shipped
   */
  constructor(root, shipped) {
    this.shipped = shipped;
    this.dataset = makeSelect((name) => {
      this.choose({ dataset: name, label: 0 });
      this.showShipped(name);
    });
    this.label = makeSelect((value) => this.choose({ label: Number(value) }));
    this.numbers = NUMBERS.map((key) => {
      const bounds = () => setting.menu?.bounds[key];
      return makeNumber(true, bounds, (value) => rearrange(value === null ? {} : { [key]: value }));
    });
    this.lanes = make('div', 'd-lanes');
    this.lanes.setAttribute('role', 'group');
    this.lanes.setAttribute('aria-label', 'lanes');
    this.editor = new Editor();
    const shared = make('div', 'd-shared');
    shared.append(
      labelled('Data set', this.dataset),
      labelled('Class', this.label),
      ...NUMBERS.map((key, k) => labelled(TITLES[key], this.numbers[k])),
    );
    root.append(shared, this.lanes, this.editor.node);
  }

  /**
   * Another class: what the lanes show is of the one before.
   * @param {Partial<Lineup>} changes
   */
  choose(changes) {
    clear();
    rearrange(changes);
  }

  /**
   * Shows the comparison that ships with a data set, unless something else was asked for meanwhile.
   * @param {string} dataset
   */
  async showShipped(dataset) {
    const before = setting.lineup;
    const lanes = await this.shipped(dataset);
    if (!lanes || setting.lineup !== before || state.going) return;
    arrange(lanes.lineup);
    takeShipped(lanes);
  }

  /**
   * Shows what was arranged on Explore before this tab was opened, else what came with the page.
   * @param {Lineup | null} came
   */
  async begin(came) {
    const arranged = setting.lineup;
    const lineup = arranged ?? came;
    if (!lineup) return;
    arrange(plain(lineup));
    if (!arranged && !lineup.run && !lineup.linked) await this.showShipped(lineup.dataset);
  }

  draw() {
    const { lineup, menu } = setting;
    if (!lineup || !menu) return;
    fill(
      this.dataset,
      menu.datasets.map(({ name, title }) => [name, title]),
      lineup.dataset,
    );
    const classes = menu.datasets.find(({ name }) => name === lineup.dataset)?.classes ?? [];
    fill(
      this.label,
      classes.map((name, k) => [String(k), name]),
      String(lineup.label),
    );
    for (const [k, key] of NUMBERS.entries()) {
      const [min, max] = menu.bounds[key].map(String);
      Object.assign(this.numbers[k], { min, max, value: String(lineup[key]) });
    }
    this.drawLanes(lineup);
    this.editor.draw();
  }

  /** @param {Lineup} lineup */
  drawLanes({ lanes }) {
    const chips = lanes.map((lane) => this.makeChip(lane, lanes.length > FEWEST));
    const add = makeButton('d-chip d-add', '+ a lane', () => this.add());
    add.hidden = lanes.length >= MOST;
    add.title = 'a method, or the same method with other settings';
    this.lanes.replaceChildren(...chips, add);
  }

  /**
   * @param {Lane} lane
   * @param {boolean} spare whether it can be removed
   */
  makeChip(lane, spare) {
    const chip = make('span', 'd-chip');
    const title = titleOf(lane);
    const edit = makeButton('', '', () => this.editor.open(lane.slot));
    const settings = make('small', '', settingsOf(lane));
    const what = make('span', 'd-sr', 'change lane');
    edit.append(makeMark(lane.slot), what, ' ', make('b', '', title), ' ', settings);
    chip.append(edit);
    if (spare) {
      const remove = makeButton('d-remove', '✕', () => {
        rearrange({ lanes: without(setting.lineup?.lanes ?? [], lane.slot) });
        this.lanes.querySelector('button')?.focus();
      });
      remove.setAttribute('aria-label', `remove lane ${title}`);
      chip.append(remove);
    }
    return chip;
  }

  /** One more lane, like the last, to be changed at once. */
  add() {
    const lanes = setting.lineup?.lanes ?? [];
    const like = lanes.at(-1) ?? { method: 'dit', cfg_scale: null, options: {} };
    const more = withLane(lanes, like);
    const made = more.at(-1);
    if (more === lanes || !made) return;
    rearrange({ lanes: more });
    this.editor.open(made.slot);
  }
}

/**
 * A lineup without what says that it came from a link.
 * @param {Lineup} lineup
 * @returns {Lineup}
 */
const plain = ({ linked, ...lineup }) => lineup;

/** @param {Component<Lineup>} component */
export async function mount({ element, props, server, trigger, watch }) {
  const shipped = /** @type {Shipped} */ (server.lanes_before_a_run);
  const setup = new Setup(find(element, '.d-setup'), shipped);
  const menu = /** @type {(nothing: null) => Promise<Menu>} */ (server.offered);
  on('lineup', (lineup) => {
    if (props.value !== lineup) props.value = lineup; // so that Python is handed it
    setup.draw();
    if (!lineup.run || !setting.menu) return;
    rearrange({}); // it is asked for once
    trigger('go');
  });
  watch('value', () => {
    const { lineup } = setting;
    if (props.value?.run) arrange(props.value);
    else if (props.value?.linked) arrange(plain(props.value));
    // What came with the page counts no longer once something else was arranged.
    else if (lineup && JSON.stringify(props.value) !== JSON.stringify(lineup)) props.value = lineup;
  });
  const came = props.value;
  on('fresh', () => setup.begin(came));
  setting.menu = await menu(null);
  await setup.begin(came);
}
