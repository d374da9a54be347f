// @ts-check
// The card of the tour: it stands beside a page that stays usable. It says what is to be seen, asks
// for a prediction and for an action, and tells what was measured once that was done.

/** @import { Course } from './course.js' */
/** @import { Ask, Page } from './page.js' */
/** @import { World } from './world.js' */

import { find, make, makeButton, press } from '../draw/element.js';
import { pageFrom } from './course.js';

/**
 * What the buttons of the card do.
 * @typedef {object} Does
 * @property {(id: string) => void} go shows a page
 * @property {(option: number) => void} predict
 * @property {() => void} again sets the page again
 * @property {() => void} close
 */

export class Card {
  /**
   * @param {readonly Page[]} pages
   * @param {Does} does
   */
  constructor(pages, does) {
    this.pages = pages;
    this.does = does;
    this.node = make('section', 'd-tour');
    this.node.setAttribute('aria-label', 'guided tour');
    this.node.hidden = true;
    this.bar = make('nav', 'd-tour-bar');
    this.bar.setAttribute('aria-label', 'pages of the tour');
    this.dots = pages.map(({ id, title }, k) => {
      const dot = makeButton('', '', () => does.go(id));
      dot.setAttribute('aria-label', `page ${k + 1}: ${title}`);
      dot.title = title;
      return dot;
    });
    this.bar.append(...this.dots);
    this.fold = makeButton('d-link', '', () => this.turn(!this.folded));
    this.folded = false;
    const close = makeButton('d-link', 'Close', () => does.close());
    close.setAttribute('aria-label', 'close the tour');
    const head = make('header');
    head.append(this.bar, this.fold, close);
    this.body = make('div', 'd-tour-body');
    this.foot = make('footer');
    this.node.append(head, this.body, this.foot);
    document.body.append(this.node);
    this.turn(false);
    this.page = ''; // that is drawn
  }

  /** @param {boolean} folded whether only the head is there */
  turn(folded) {
    this.folded = folded;
    this.fold.textContent = folded ? 'Unfold' : 'Fold';
    this.fold.setAttribute('aria-expanded', String(!folded));
    this.body.hidden = this.foot.hidden = folded;
    this.node.classList.toggle('d-folded', folded);
  }

  hide() {
    this.node.hidden = true;
    document.body.classList.remove('d-touring');
  }

  /**
   * @param {Course} course
   * @param {World} world
   * @param {{ set: boolean, words: string }} state `set`: whether the page is as this page of the
   *   tour has it; `words`: what happens meanwhile, or went wrong
   */
  draw(course, world, { set, words }) {
    this.node.hidden = false;
    document.body.classList.add('d-touring');
    const k = this.pages.findIndex(({ id }) => id === course.page);
    const page = this.pages[k];
    for (const [i, dot] of this.dots.entries()) {
      dot.classList.toggle('d-on', course.done.includes(this.pages[i].id));
      if (i === k) dot.setAttribute('aria-current', 'step');
      else dot.removeAttribute('aria-current');
    }
    const inside = this.node.contains(document.activeElement);
    const focus = document.activeElement?.getAttribute('data-key');
    const title = make('h2', '', page.title);
    title.tabIndex = -1;
    const count = make('small', '', `Tour, page ${k + 1} of ${this.pages.length}`);
    const parts = words || !set ? this.waiting(words) : this.parts(page, course, world);
    this.body.replaceChildren(count, title, ...parts);
    this.foot.replaceChildren(...this.ways(page, course, set));
    if (this.page !== page.id) this.body.scrollTop = 0;
    if (inside && !this.node.contains(document.activeElement)) {
      const kept = focus && this.node.querySelector(`[data-key="${focus}"]:not([disabled])`);
      (kept instanceof HTMLElement && this.page === page.id ? kept : title).focus();
    }
    this.page = page.id;
  }

  /** @param {string} words */
  waiting(words) {
    if (words) {
      const line = make('p', '', words);
      line.setAttribute('role', 'status');
      return [line];
    }
    const line = make('p', '', 'The page does not show yet what this page of the tour is about.');
    return [
      line,
      keyed(
        makeButton('d-done', 'Show it', () => this.does.again()),
        'again',
      ),
    ];
  }

  /**
   * @param {Page} page
   * @param {Course} course
   * @param {World} world
   */
  parts(page, course, world) {
    const { id, ask } = page;
    const answer = course.answers[id];
    const done = course.done.includes(id);
    const parts = page.text(world).map((text) => make('p', '', text));
    if (ask) parts.push(this.question(ask, answer, done));
    const said = make('div', 'd-tell');
    said.setAttribute('role', 'status');
    if (!ask || answer !== undefined || done) said.append(this.asked(page, done));
    if (done) said.append(...this.answer(page, answer, world));
    return [...parts, said];
  }

  /**
   * @param {Ask} ask
   * @param {number | undefined} answer
   * @param {boolean} done
   */
  question({ question, options }, answer, done) {
    const box = make('div', 'd-ask');
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', question);
    const buttons = options.map((text, k) => {
      const button = makeButton('', text, () => this.does.predict(k));
      button.disabled = done;
      press(button, k === answer);
      return keyed(button, `option-${k}`);
    });
    box.append(make('b', '', question), ...buttons);
    if (answer === undefined && !done)
      box.append(make('small', '', 'Predict first: you cannot be wrong, only surprised.'));
    return box;
  }

  /**
   * @param {Page} page
   * @param {boolean} done
   */
  asked({ action }, done) {
    const line = make('p', 'd-action');
    line.append(make('b', '', done ? '✓ ' : '→ '), action);
    return line;
  }

  /**
   * @param {Page} page
   * @param {number | undefined} answer
   * @param {World} world
   */
  answer(page, answer, world) {
    const told = page.told(world).map((text) => make('p', '', text));
    const truth = page.truth(world);
    const option = page.ask?.options[truth];
    if (!page.ask || answer === undefined || option === undefined) return told;
    const same = `You predicted “${option}”, and so it was measured.`;
    const other = `You predicted “${page.ask.options[answer]}”. It was measured: “${option}”.`;
    return [make('p', 'd-verdict', truth === answer ? same : other), ...told];
  }

  /**
   * @param {Page} page
   * @param {Course} course
   * @param {boolean} set
   */
  ways({ id }, course, set) {
    const ids = this.pages.map((page) => page.id);
    const [before, after] = [pageFrom(ids, id, -1), pageFrom(ids, id, 1)];
    const back = keyed(
      makeButton('d-pill', 'Back', () => before && this.does.go(before)),
      'back',
    );
    back.disabled = before === null;
    const again = keyed(
      makeButton('d-pill', 'Again', () => this.does.again()),
      'anew',
    );
    again.title = 'show this page of the tour from its beginning';
    again.hidden = !set;
    const done = course.done.includes(id);
    const words = after === null ? 'End' : done ? 'Next' : 'Skip';
    const next = makeButton(done ? 'd-done' : 'd-pill', words, () =>
      after === null ? this.does.close() : this.does.go(after),
    );
    const link = Object.assign(make('a', 'd-link', 'link'), { href: `?tour=${id}` });
    link.title = 'a link to this page of the tour';
    return [back, again, link, make('span', 'd-spring'), keyed(next, 'next')];
  }

  /** Moves the focus to the page's title. */
  focus() {
    find(this.body, 'h2').focus();
  }
}

/**
 * Names a button, so that the focus finds it again when it is drawn anew.
 * @param {HTMLButtonElement} button
 * @param {string} key
 */
function keyed(button, key) {
  button.dataset.key = key;
  return button;
}
