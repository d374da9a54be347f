// @ts-check
// The guided tour: a button in the header opens it where one was, and a link at one of its pages.

/** @import { Component } from '../page.js' */
/** @import { Run, Tour } from '../payloads.d.ts' */
/** @import { Server } from './world.js' */

import { moveTo } from '../keep.js';
import { Card } from './card.js';
import { recall, remember, withDone, withoutPage, withPrediction } from './course.js';
import { PAGES } from './pages.js';
import { World } from './world.js';

const IDS = PAGES.map(({ id }) => id);
const LOOK = 250; // milliseconds between two looks whether the action was done
const FAILED = 'What this page of the tour shows could not be fetched. Press Again.';

class Guide {
  /** @param {World} world */
  constructor(world) {
    this.world = world;
    this.course = recall(IDS);
    /** Whether the page is set as this page of the tour has it. */
    this.set = false;
    this.words = '';
    this.turns = 0; // how often a page was shown
    this.card = new Card(PAGES, {
      go: (id) => this.go(id),
      predict: (option) => this.change(withPrediction(this.course, this.course.page, option)),
      again: () => this.go(this.course.page, true),
      close: () => this.close(),
    });
    setInterval(() => this.look(), LOOK);
  }

  page() {
    return PAGES[IDS.indexOf(this.course.page)];
  }

  /** @param {import('./course.js').Course} course */
  change(course) {
    this.course = course;
    remember(course);
    this.draw();
  }

  draw() {
    if (this.course.open) this.card.draw(this.course, this.world, this);
  }

  /** Opens the tour where one was, and sets nothing: what is on the page stays. */
  resume() {
    if (this.course.open) this.draw();
  }

  /**
   * Shows a page of the tour, and sets the page for it.
   * @param {string} id
   * @param {boolean} anew whether what was done of it is forgotten
   */
  async go(id, anew = false) {
    this.leave();
    const turn = ++this.turns;
    this.set = false;
    this.words = 'One moment …';
    const kept = anew ? withoutPage(this.course, id) : this.course;
    this.change({ ...kept, page: id, open: true });
    follow(id);
    this.card.turn(false);
    try {
      await this.world.begin();
      await this.page().on(this.world);
      if (turn !== this.turns) return;
      this.words = '';
    } catch {
      if (turn !== this.turns) return;
      this.words = FAILED;
    }
    this.set = true;
    this.draw();
  }

  leave() {
    if (this.set) this.page().out?.(this.world);
  }

  close() {
    this.leave();
    this.turns += 1;
    this.set = false;
    this.words = '';
    this.change({ ...this.course, open: false });
    follow(null);
    this.card.hide();
    this.world.end();
    document.querySelector('#tour-open')?.closest('button')?.focus();
  }

  /** Whether the action of the page was done by now. */
  look() {
    const { course, set, words, world } = this;
    if (!course.open || !set || words || course.done.includes(course.page)) return;
    const page = this.page();
    const predicted = !page.ask || course.answers[page.id] !== undefined;
    if (predicted && page.complete(world)) this.change(withDone(course, page.id));
  }
}

/**
 * An address that names a page of the tour follows: it names the page that is open, or none.
 * @param {string | null} page
 */
function follow(page) {
  const url = new URL(location.href);
  if (!url.searchParams.has('tour')) return;
  if (page) url.searchParams.set('tour', page);
  else url.searchParams.delete('tour');
  moveTo(url.href);
}

/** @param {Component<Tour>} component */
export function mount({ props, server, trigger, watch }) {
  const asked = /** @type {Server} */ (/** @type {unknown} */ (server));
  const set = (/** @type {Run['query']} */ query) => void trigger('show', { query });
  const guide = new Guide(new World(asked, set));
  const button = document.querySelector('#tour-open');
  button?.addEventListener('click', () => guide.go(guide.course.page));
  const read = () => {
    if (props.value?.page) guide.go(props.value.page);
  };
  watch('value', read);
  if (props.value?.page) read();
  else guide.resume();
}
