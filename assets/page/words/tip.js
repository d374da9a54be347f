// @ts-check
// What a term means, beside it while it is pointed at or has the focus; and one click deeper, in a
// card, its formula and its source.

/** @import { Word } from '../payloads.d.ts' */

import { make, makeButton } from '../draw/element.js';

const GAP = 6; // pixels between a term and its words
const EDGE = 8; // pixels that stay free at the edge of the window
const WAIT = 120; // milliseconds that the mouse may take from a term to its words

export class Tip {
  constructor() {
    this.node = make('div', 'd-tip');
    this.node.id = 'd-tip';
    this.node.setAttribute('role', 'tooltip');
    this.node.hidden = true;
    this.card = make('div', 'd-tip d-word');
    this.card.setAttribute('role', 'dialog');
    this.card.hidden = true;
    document.body.append(this.node, this.card);
    /** @type {HTMLElement | null} the term that is explained */
    this.host = null;
    /** @type {HTMLElement | null} the term whose card is open */
    this.opened = null;
    /** @type {{ node: HTMLElement, title: string } | null} the host's own title, which waits */
    this.titled = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.leaving = undefined;
    this.quiet = false; // while the focus goes back to a term that was explained
    this.node.addEventListener('mouseenter', () => clearTimeout(this.leaving));
    this.node.addEventListener('mouseleave', () => this.hideSoon());
  }

  /**
   * @param {HTMLElement} host
   * @param {Word} word
   */
  show(host, word) {
    clearTimeout(this.leaving);
    if (this.quiet || (this.host === host && !this.node.hidden)) return;
    if (!this.card.hidden) return;
    this.hide();
    this.host = host;
    const acts = host.getAttribute('aria-haspopup') !== 'dialog';
    if (host.title) {
      this.titled = { node: host, title: host.title };
      host.title = ''; // the browser would show it on top
    }
    const own = this.titled ? [make('p', '', `${this.titled.title}.`)] : [];
    const text = make('p');
    text.append(make('b', '', word.term), ` ${word.meaning}`);
    this.node.replaceChildren(...own, text);
    if (word.formula || word.source) this.node.append(this.makeMore(host, word, acts));
    host.setAttribute('aria-describedby', this.node.id);
    this.node.hidden = false;
    place(this.node, host);
  }

  /**
   * @param {HTMLElement} host
   * @param {Word} word
   * @param {boolean} acts whether the host does something else when it is pressed
   */
  makeMore(host, word, acts) {
    const more = makeButton('d-link', 'Formula and source', () => this.open(host, word));
    more.tabIndex = -1; // by keyboard the host itself opens it
    const line = make('small');
    line.append(more, make('kbd', '', acts ? '?' : 'Enter'));
    if (!word.formula) more.textContent = 'Source';
    if (!word.source) more.textContent = 'Formula';
    return line;
  }

  /** Stays beside its term: a focus that moves may have the page scroll. */
  follow() {
    if (this.host) place(this.node, this.host);
    if (this.opened) place(this.card, this.opened);
  }

  hideSoon() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => this.hide(), WAIT);
  }

  /** Whether there was something to hide. */
  hide() {
    clearTimeout(this.leaving);
    const shown = !this.node.hidden;
    this.node.hidden = true;
    this.host?.removeAttribute('aria-describedby');
    if (this.titled) this.titled.node.title = this.titled.title;
    this.titled = null;
    this.host = null;
    return shown;
  }

  /**
   * @param {HTMLElement} host
   * @param {Word} word
   */
  open(host, word) {
    this.hide();
    this.opened = host;
    const head = make('header');
    head.append(
      make('b', '', word.term),
      makeButton('d-link', 'Close', () => this.close()),
    );
    const parts = [head, make('p', '', word.meaning)];
    if (word.formula) parts.push(make('code', '', word.formula));
    if (word.source) {
      const link = Object.assign(make('a', '', word.source), { href: word.url, target: '_blank' });
      link.rel = 'noopener';
      const line = make('p', 'd-muted', 'Source: ');
      line.append(link);
      parts.push(line);
    }
    this.card.replaceChildren(...parts);
    this.card.setAttribute('aria-label', word.term);
    this.card.hidden = false;
    place(this.card, host);
    this.card.querySelector('button')?.focus();
  }

  /** Whether there was something to close; the focus goes back to the term. */
  close() {
    if (this.card.hidden) return false;
    const { opened } = this;
    const inside = this.card.contains(document.activeElement);
    this.card.hidden = true;
    this.opened = null;
    this.quiet = true;
    if (inside) opened?.focus();
    this.quiet = false;
    return true;
  }
}

/**
 * Puts a box below an element, or above it where there is no room, inside the window.
 * @param {HTMLElement} box
 * @param {HTMLElement} host
 */
function place(box, host) {
  const at = host.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const [right, bottom] = [document.documentElement.clientWidth, window.innerHeight];
  const left = Math.max(EDGE, Math.min(at.left, right - width - EDGE));
  const below = at.bottom + GAP + height <= bottom - EDGE || at.top < height + GAP + EDGE;
  box.style.left = `${left}px`;
  box.style.top = `${below ? at.bottom + GAP : at.top - GAP - height}px`;
}
