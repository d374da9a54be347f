// @ts-check
// A cell of the grid: a link to its run once that is there, and why it is not before.

/** @import { SweptCell } from '../payloads.d.ts' */

import { make } from '../draw/element.js';
import { depthOf, figureOf, markOf, nameOf, wordsOf } from './tint.js';

export class Cell {
  /** @param {() => void} look called when it is looked at */
  constructor(look) {
    this.node = make('div', 'd-spot');
    this.node.setAttribute('role', 'gridcell');
    this.link = this.node.appendChild(make('a'));
    this.link.target = '_blank';
    this.link.rel = 'noopener';
    this.link.addEventListener('focus', look);
    this.link.addEventListener('pointerenter', look);
    this.image = make('img');
    this.image.alt = '';
    this.text = make('span');
    this.link.append(this.image, this.text);
    this.words = '';
  }

  /**
   * Shows a finished cell with one of its scores.
   * @param {SweptCell} done
   * @param {string} name of the score
   * @param {string} where
   */
  show({ query, sheet, scores }, name, where) {
    const score = scores.find((one) => nameOf(one) === name);
    this.link.removeAttribute('role');
    this.link.removeAttribute('aria-disabled');
    this.link.href = `?${new URLSearchParams({ ...query })}`;
    if (this.image.src !== sheet) this.image.src = sheet;
    this.image.hidden = false;
    this.text.textContent = score ? `${markOf(score)} ${figureOf(score)}`.trim() : '–';
    this.draw(score ? score.grade : 'like', score ? depthOf(score) : 0);
    this.words = `${where}: ${score ? wordsOf(score) : 'this score is not known here'}`;
    this.link.setAttribute('aria-label', `${this.words}; open in Explore`);
    this.link.title = score?.verdict ?? '';
  }

  /**
   * Shows that it is not there yet, and why.
   * @param {string} words
   * @param {string} where
   * @param {string} look a class
   */
  wait(words, where, look = '') {
    this.link.removeAttribute('href');
    this.link.setAttribute('role', 'link');
    this.link.setAttribute('aria-disabled', 'true');
    this.image.hidden = true;
    this.text.textContent = words;
    this.draw(look, 0);
    this.words = `${where}: ${words || 'not there yet'}`;
    this.link.setAttribute('aria-label', this.words);
    this.link.title = words;
  }

  /**
   * @param {string} look
   * @param {number} depth
   */
  draw(look, depth) {
    this.link.className = look;
    this.link.style.setProperty('--depth', `${depth}%`);
  }
}
