// @ts-check
// Segmented buttons: of several choices one is pressed. They stay what they are when something else
// is drawn anew, so the focus stays, too.

import { make, makeButton, press } from './element.js';

/** @template {string} V */
export class Segment {
  /**
   * @param {string} className
   * @param {(value: V) => void} choose
   */
  constructor(className, choose) {
    this.node = make('span', `d-seg ${className}`.trim());
    this.choose = choose;
    /** @type {Map<V, HTMLButtonElement>} */
    this.buttons = new Map();
  }

  /**
   * Offers these values, with their words, and titles for some.
   * @param {[V, string][]} options
   * @param {Partial<Record<V, string>>} titles
   */
  offer(options, titles = {}) {
    const values = options.map(([value]) => value);
    if (values.join() === [...this.buttons.keys()].join()) return;
    this.buttons.clear();
    for (const [value, text] of options) {
      const button = makeButton('', text, () => this.choose(value));
      button.title = titles[value] ?? '';
      this.buttons.set(value, button);
    }
    this.node.replaceChildren(...this.buttons.values());
  }

  /** @param {V} chosen */
  show(chosen) {
    for (const [value, button] of this.buttons) press(button, value === chosen);
  }
}
