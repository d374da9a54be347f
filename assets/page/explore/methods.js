// @ts-check
// The methods in their groups: a heading before each, what the method under the pointer or with the
// focus does and excludes, and where in the loop the chosen ones act. The boxes themselves are
// Gradio's.

/** @import { Component } from '../page.js' */
/** @import { MethodGroups, MethodWords } from '../payloads.d.ts' */

import { find, make, strong } from '../draw/element.js';
import { exclusionOf, headingsOf } from './exclusion.js';
import { Stations } from './stations.js';

const HINT = 'Point at a method to read what it does.';

class Methods {
  /**
   * @param {HTMLElement} root where the words stand
   * @param {MethodGroups} value
   */
  constructor(root, { groups }) {
    this.root = root;
    this.groups = groups;
    /** @type {Map<string, MethodWords>} */
    this.words = new Map(groups.flatMap(({ methods }) => methods.map((m) => [m.title, m])));
    this.said = make('div');
    this.descriptions = make('div');
    this.descriptions.hidden = true; // read to those who cannot see
    this.stations = new Stations();
    const said = make('div', 'd-said');
    said.append(this.said);
    root.append(said, this.stations.node, this.descriptions);
    this.say(null);
  }

  /**
   * Puts the headings among the boxes, once they are there.
   * @param {HTMLElement} boxes
   */
  arrange(boxes) {
    const labels = [...boxes.querySelectorAll('label')];
    if (!labels.length || boxes.querySelector('.d-group')) return;
    const titles = labels.map((label) => label.textContent?.trim() ?? '');
    for (const [k, title] of headingsOf(this.groups, titles))
      labels[k].before(make('span', 'd-group', title));
    this.descriptions.replaceChildren();
    for (const [k, label] of labels.entries()) {
      const words = this.words.get(titles[k]);
      if (!words) continue;
      const text = make('span', '', `${words.about} ${exclusionOf(words)}`);
      text.id = `method-words-${k}`;
      this.descriptions.append(text);
      label.querySelector('input')?.setAttribute('aria-describedby', text.id);
      for (const event of ['mouseenter', 'focusin'])
        label.addEventListener(event, () => this.say(words));
      for (const event of ['mouseleave', 'focusout'])
        label.addEventListener(event, () => this.say(null));
    }
  }

  /**
   * Shows where the methods act whose boxes are ticked.
   * @param {HTMLElement} boxes
   */
  place(boxes) {
    const ticked = [...boxes.querySelectorAll('label')].filter((label) =>
      label.querySelector('input')?.matches(':checked'),
    );
    const titles = ticked.map((label) => label.textContent?.trim() ?? '');
    this.stations.draw(titles.flatMap((title) => this.words.get(title) ?? []));
  }

  /** @param {MethodWords | null} words */
  say(words) {
    // Over what stands beneath, so that nothing moves away from under the pointer.
    this.said.classList.toggle('d-over', words !== null);
    if (words)
      this.said.replaceChildren(strong(words.title), ` ${words.about} ${exclusionOf(words)}`);
    else this.said.textContent = HINT;
  }
}

/** @param {Component<MethodGroups>} component */
export function mount({ element, props }) {
  if (!props.value) return;
  const methods = new Methods(find(element, '.d-method'), props.value);
  const arrange = () => {
    const boxes = document.querySelector('#methods label')?.parentElement;
    if (!(boxes instanceof HTMLElement)) return;
    methods.arrange(boxes);
    methods.place(boxes);
  };
  arrange();
  const column = element.closest('.d-choices') ?? document.body;
  // A box that Gradio ticks changes the class of its label; nothing else tells of it.
  const what = { childList: true, subtree: true, attributeFilter: ['class'] };
  new MutationObserver(arrange).observe(column, what);
}
