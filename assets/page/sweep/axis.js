// @ts-check
// One axis to be set: its dial, its two ends and how many values it has.

/** @import { SweepAxis } from '../payloads.d.ts' */
/** @import { Dial } from './sweep.js' */

import { make } from '../draw/element.js';
import { fill } from '../draw/select.js';
import { typed } from '../values/typed.js';
import { COUNT, change, setting, withDial } from './sweep.js';

export class AxisSetup {
  /**
   * @param {string} side "Columns" or "Rows"
   * @param {number} place of the axis
   */
  constructor(side, place) {
    this.place = place;
    this.side = side;
    /** @type {readonly Dial[]} */
    this.dials = [];
    this.node = make('div', 'd-shared d-dial');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', `${side.toLowerCase()} of the sweep`);
    this.dial = make('select');
    this.dial.addEventListener('change', () => this.choose());
    this.low = this.makeNumber('low', 'from');
    this.high = this.makeNumber('high', 'to');
    this.count = this.makeNumber('count', 'values');
    const label = make('label');
    label.append(make('span', '', side), this.dial);
    this.about = make('small');
    this.node.append(label, this.low.label, this.high.label, this.count.label, this.about);
  }

  choose() {
    const dial = this.dials.find(({ key }) => key === this.dial.value) ?? null;
    change({ axes: withDial(setting.sweep?.axes ?? [], this.place, dial) });
  }

  /**
   * @param {'low' | 'high' | 'count'} part
   * @param {string} text
   */
  makeNumber(part, text) {
    const label = make('label');
    const input = Object.assign(make('input'), { type: 'number' });
    label.append(make('span', '', text), input);
    input.setAttribute('aria-label', `${text}, ${this.side.toLowerCase()}`);
    input.addEventListener('change', () => {
      const axes = setting.sweep?.axes ?? [];
      const dial = this.dials.find(({ key }) => key === axes[this.place]?.key);
      if (!dial) return;
      const value = typed(input.value, part === 'count' ? { ...COUNT, whole: true } : dial);
      const own = value === null ? {} : { [part]: value };
      change({ axes: axes.map((axis, k) => (k === this.place ? { ...axis, ...own } : axis)) });
    });
    return { label, input };
  }

  /**
   * @param {readonly SweepAxis[]} axes
   * @param {readonly Dial[]} dials
   */
  draw(axes, dials) {
    this.dials = dials;
    const axis = axes[this.place];
    /** @type {[string, string][]} */
    const options = dials.map(({ key, title }) => [key, title]);
    if (this.place || axes.length > 1) options.push(['', 'none']);
    fill(this.dial, options, axis?.key ?? '');
    const dial = dials.find(({ key }) => key === axis?.key);
    for (const { label } of [this.low, this.high, this.count]) label.hidden = !axis;
    this.about.textContent = dial?.about ?? '';
    if (!axis || !dial) return;
    const range = { min: dial.low, max: dial.high, step: dial.whole ? 1 : 'any' };
    Object.assign(this.low.input, { ...range, value: axis.low });
    Object.assign(this.high.input, { ...range, value: axis.high });
    Object.assign(this.count.input, {
      min: COUNT.low,
      max: COUNT.high,
      step: 1,
      value: axis.count,
    });
  }
}
