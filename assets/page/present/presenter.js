// @ts-check
// The page for an audience: larger type, parts hidden, a list of links to step through, and a QR
// code of what is shown.

/** @import { Step } from './steps.js' */

import { linkNow } from '../address.js';
import { on } from '../bus.js';
import { make, makeButton } from '../draw/element.js';
import { moveTo } from '../keep.js';
import { isText } from '../undo.js';
import { lasting, queryIn } from '../values/query.js';
import { Code } from './code.js';
import { List } from './list.js';
import { linkTo, stepsKept, textOf } from './steps.js';

const KEY = 'distiller.steps';
/** The keys that step, those of a presenter's clicker among them. @type {Record<string, 1 | -1>} */
const STEPS = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1 };

/** What the browser keeps. */
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser may allow no storage: then a list lives in its link
  }
}

class Presenter {
  constructor() {
    const query = queryIn(location.search);
    this.on = query.present === '1';
    /** @type {Step[]} */
    this.steps = stepsKept(query.list ?? kept());
    this.at = Number(query.at ?? 0) - 1; // -1: the list is not begun
    this.hidden = (query.hide ?? '').split(',').filter(Boolean);
    this.code = new Code();
    this.list = new List(
      (steps, hidden) => this.take(steps, hidden),
      () => this.shareLink(),
    );
    this.bar = make('div', 'd-presenter');
    this.bar.setAttribute('role', 'toolbar');
    this.bar.setAttribute('aria-label', 'presentation');
    this.where = make('span', 'd-where');
    this.back = makeButton('d-pill', '‹', () => this.step(-1));
    this.forth = makeButton('d-pill', '›', () => this.step(1));
    this.back.setAttribute('aria-label', 'the link before');
    this.forth.setAttribute('aria-label', 'the next link');
    this.bar.append(
      this.back,
      this.where,
      this.forth,
      makeButton('d-pill', 'QR code', () => this.code.open()),
      makeButton('d-pill', 'List', () => this.list.open(this.steps, this.hidden)),
      makeButton('d-pill', 'End', () => this.turn(false)),
    );
    document.body.append(this.bar, this.code.node, this.list.node);
  }

  draw() {
    document.body.classList.toggle('d-presenting', this.on);
    document.body.dataset.hide = this.on ? this.hidden.join(' ') : '';
    this.bar.hidden = !this.on;
    const { length } = this.steps;
    const step = this.steps[this.at];
    this.where.textContent = length
      ? `${Math.max(0, this.at + 1)} / ${length} ${step?.title ?? ''}`
      : 'no list yet';
    this.back.toggleAttribute('disabled', this.at <= 0);
    this.forth.toggleAttribute('disabled', this.at + 1 >= length);
    window.dispatchEvent(new Event('resize')); // the maps take their new room
  }

  /**
   * Begins to present, or ends.
   * @param {boolean} begins
   */
  turn(begins) {
    this.on = begins;
    this.write({ present: begins ? '1' : null });
    this.draw();
  }

  /** @param {Record<string, string | null>} changes of the address; null takes something out */
  write(changes) {
    const url = new URL(linkNow());
    for (const [key, value] of Object.entries(changes))
      if (value) url.searchParams.set(key, value);
      else url.searchParams.delete(key);
    moveTo(url.href);
  }

  /**
   * @param {Step[]} steps
   * @param {string[]} hidden
   */
  take(steps, hidden) {
    Object.assign(this, { steps, hidden });
    try {
      localStorage.setItem(KEY, textOf(steps));
      this.write({ hide: hidden.join(','), list: null });
    } catch {
      this.write({ hide: hidden.join(','), list: textOf(steps) });
    }
    this.draw();
  }

  /** The link that holds the list: it begins with the first. */
  shareLink() {
    const url = new URL(location.pathname, location.origin);
    const first = this.steps.length ? linkTo(this.steps, 0, {}) : { present: '1' };
    const hide = this.hidden.join(',');
    const query = { ...first, list: textOf(this.steps), ...(hide && { hide }) };
    url.search = new URLSearchParams(query).toString();
    return url.href;
  }

  /** @param {1 | -1} by */
  step(by) {
    const at = this.at + by;
    if (!this.steps[at]) return;
    const query = linkTo(this.steps, at, lasting(queryIn(location.search)));
    location.search = new URLSearchParams(query).toString();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    if (ctrlKey || metaKey || altKey || isText(target) || document.querySelector('dialog[open]'))
      return;
    if (key === 'p' || key === 'P') return this.turn(!this.on);
    const by = STEPS[key];
    const free = target === document.body || this.bar.contains(/** @type {Node} */ (target));
    // On a control the arrow keys are its own; those of a clicker step anyway.
    if (!this.on || !by || (!free && key.startsWith('Arrow'))) return;
    event.preventDefault();
    this.step(by);
  }
}

/** Has the page present as its link says, and by the key P. */
export function present() {
  const presenter = new Presenter();
  document.addEventListener('keydown', (event) => presenter.key(event));
  on('present', () => presenter.turn(!presenter.on));
  presenter.draw();
}
