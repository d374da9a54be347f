// @ts-check
// The list of a presentation, to be edited, and what of the page it hides.

/** @import { Step } from './steps.js' */

import { stateNow } from '../address.js';
import { make, makeButton } from '../draw/element.js';
import { stepsOf, textOf } from './steps.js';

const PARTS = /** @type {const} */ (['header', 'tabs', 'choices', 'map', 'scores', 'more']);
const HELP =
  'One link in each line, with a title and | before it if you like. The list is kept in this ' +
  'browser. The arrow keys step through it.';

export class List {
  /**
   * @param {(steps: Step[], hidden: string[]) => void} keep
   * @param {() => string} link to the list
   */
  constructor(keep, link) {
    this.keep = keep;
    this.node = make('dialog', 'd-list');
    this.node.setAttribute('aria-label', 'list of links');
    this.text = make('textarea');
    this.text.rows = 10;
    this.text.setAttribute('aria-label', 'links, one in each line');
    this.words = make('p', 'd-state');
    this.words.setAttribute('role', 'status');
    this.boxes = PARTS.map((part) => {
      const box = make('input');
      Object.assign(box, { type: 'checkbox', value: part });
      return box;
    });
    const hide = make('p', 'd-hide', 'Hide: ');
    for (const box of this.boxes) {
      const label = make('label');
      label.append(box, ` ${box.value}`);
      hide.append(label);
    }
    const row = make('div', 'd-saves');
    row.append(
      makeButton('d-pill', 'Add this page', () => this.add()),
      makeButton('d-pill', 'Keep', () => this.take('Kept in this browser.')),
      makeButton('d-pill', 'Copy as link', () => this.copy(link)),
      makeButton('d-pill', 'Close', () => this.node.close()),
    );
    this.node.append(make('p', 'd-note', HELP), this.text, hide, row, this.words);
  }

  /**
   * @param {readonly Step[]} steps
   * @param {readonly string[]} hidden
   */
  open(steps, hidden) {
    this.text.value = textOf(steps);
    for (const box of this.boxes) box.checked = hidden.includes(box.value);
    this.words.textContent = '';
    this.node.showModal();
  }

  add() {
    const query = stateNow();
    const link = `?${new URLSearchParams(query)}`;
    const line = `${stepsOf(link)[0].title} | ${link}`;
    this.text.value = [this.text.value.trim(), line].filter(Boolean).join('\n');
  }

  /**
   * Keeps what is written, or says what is wrong with it.
   * @param {string} done
   * @returns {boolean} whether it could be kept
   */
  take(done) {
    try {
      const hidden = this.boxes.filter(({ checked }) => checked).map(({ value }) => value);
      this.keep(stepsOf(this.text.value), hidden);
      this.words.textContent = done;
      return true;
    } catch (error) {
      this.words.textContent = error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  /** @param {() => string} link */
  async copy(link) {
    if (!this.take('')) return;
    try {
      await navigator.clipboard.writeText(link());
      this.words.textContent = 'Copied. Whoever opens it has the list.';
    } catch {
      this.words.textContent = link();
    }
  }
}
