// @ts-check
// A bar that says how far something is.

import { make } from './element.js';

export class Progress {
  constructor() {
    this.node = make('div', 'd-progress');
    this.bar = this.node.appendChild(make('i'));
  }

  /**
   * @param {number} share from 0 to 1
   * @param {boolean} visible its room stays when it is not
   */
  show(share, visible) {
    this.bar.style.width = `${100 * share}%`;
    this.node.style.visibility = visible ? 'visible' : 'hidden';
  }
}
