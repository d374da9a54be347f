// @ts-check
// The runs of this visit: each can be shown again, pinned and renamed.

/** @import { Component } from '../page.js' */
/** @import { Run } from '../payloads.d.ts' */
/** @import { Visited } from './visited.js' */

import { on } from '../bus.js';
import { find, make, makeButton, press } from '../draw/element.js';
import { placeOf, tile } from '../draw/tile.js';
import { shared, show } from '../state.js';
import { arranged, changed, keyOf, settingsOf, visit } from './visited.js';

class History {
  /**
   * @param {HTMLElement} root
   * @param {(run: Run) => void} recall
   */
  constructor(root, recall) {
    this.recall = recall;
    this.list = make('ol', 'd-visited');
    this.head = make('div', 'd-h', 'runs of this visit');
    this.root = root;
    root.append(this.head, this.list);
    root.hidden = true;
    /** @type {Visited[]} */
    this.runs = [];
  }

  /** @param {Run} run */
  add(run) {
    this.runs = visit(this.runs, run);
    this.draw();
  }

  /**
   * @param {string} key
   * @param {{ name?: string, pinned?: boolean }} changes
   * @param {string} focus of the button that has the focus afterwards
   */
  change(key, changes, focus) {
    this.runs = changed(this.runs, key, changes);
    this.draw();
    const row = [...this.list.children].find((row) => row.getAttribute('data-key') === key);
    const button = row?.querySelector(focus);
    if (button instanceof HTMLElement) button.focus();
  }

  draw() {
    this.root.hidden = this.runs.length < 2; // one run alone is on the page as it is
    const { run } = shared;
    const shown = run && !run.live ? keyOf(run) : '';
    this.list.replaceChildren(...arranged(this.runs).map((each) => this.makeRow(each, shown)));
  }

  /**
   * @param {Visited} visited
   * @param {string} shown key of the run on the page
   */
  makeRow({ key, run, name, pinned }, shown) {
    const row = make('li');
    row.dataset.key = key;
    const button = makeButton('d-recall', '', () => this.recall(run));
    if (key === shown) button.setAttribute('aria-current', 'true');
    const picture = button.appendChild(make('i'));
    tile(picture, run.sheet, placeOf(0, run.n, run.columns));
    const words = button.appendChild(make('span'));
    words.append(make('b', '', name), make('small', '', settingsOf(run)));
    const pin = makeButton('d-pin', pinned ? '★' : '☆', () =>
      this.change(key, { pinned: !pinned }, '.d-pin'),
    );
    press(pin, pinned);
    pin.setAttribute('aria-label', `pin ${name}`);
    const rename = makeButton('d-rename', '✎', () => this.rename(row, key, name));
    rename.setAttribute('aria-label', `rename ${name}`);
    row.append(button, pin, rename);
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {string} key
   * @param {string} name
   */
  rename(row, key, name) {
    const field = make('input');
    field.value = name;
    field.maxLength = 60;
    field.setAttribute('aria-label', 'name of the run');
    let over = false; // taking the field away blurs it, too
    const end = (/** @type {string} */ text) => {
      if (over) return;
      over = true;
      this.change(key, { name: text }, '.d-rename');
    };
    field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== 'Escape') return;
      event.preventDefault(); // or the button that has the focus next is pressed
      end(event.key === 'Enter' ? field.value : name);
    });
    field.addEventListener('blur', () => end(field.value));
    row.replaceChildren(field);
    field.select();
  }
}

/** @param {Component<null>} component */
export function mount({ element, trigger }) {
  const history = new History(find(element, '.d-history'), (run) => {
    trigger('pick', { query: run.query }); // the controls follow
    show(run);
  });
  const add = (/** @type {typeof shared.run} */ run) => {
    if (run && !run.live && !run.notice) history.add(run);
  };
  on('run', add);
  add(shared.run);
}
