// @ts-check
// The words of the page: its terms are marked, and say what they mean.

/** @import { Component } from '../page.js' */
/** @import { Word } from '../payloads.d.ts' */

import { finderOf } from '../values/terms.js';
import { MARK, markTab } from './marks.js';
import { Tip } from './tip.js';

const REST = 250; // milliseconds without a change, after which terms are looked for

/** @param {Component<Word[]>} component */
export function mount({ props }) {
  const words = props.value ?? [];
  const byTerm = new Map(words.map((word) => [word.term, word]));
  const tip = new Tip();

  /**
   * The term that an event is about.
   * @param {EventTarget | null} target
   */
  const termOf = (target) => {
    const host = target instanceof Element ? target.closest(`[${MARK}]`) : null;
    const word = byTerm.get(host?.getAttribute(MARK) ?? '');
    return host instanceof HTMLElement && word ? { host, word } : null;
  };
  for (const event of ['mouseover', 'focusin'])
    document.addEventListener(event, ({ target }) => {
      const found = termOf(target);
      if (found) tip.show(found.host, found.word);
    });
  document.addEventListener('mouseout', ({ target }) => {
    if (termOf(target) && document.activeElement !== tip.host) tip.hideSoon();
  });
  document.addEventListener('focusout', ({ target }) => {
    if (termOf(target)) tip.hide();
  });
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Node)) return;
    const found = termOf(event.target);
    if (found && opens(found.host)) {
      event.preventDefault(); // a label would move on to its control
      tip.open(found.host, found.word);
    } else if (!tip.card.contains(event.target) && !tip.node.contains(event.target)) tip.close();
  });
  document.addEventListener('keydown', (event) => follow(event, tip, termOf(event.target)), true);
  for (const event of ['scroll', 'resize'])
    window.addEventListener(event, () => tip.follow(), { capture: true, passive: true });
  keepMarked(finderOf(words));
}

/** @param {HTMLElement} host */
const opens = (host) => host.getAttribute('aria-haspopup') === 'dialog';

/**
 * @param {KeyboardEvent} event
 * @param {Tip} tip
 * @param {{ host: HTMLElement, word: Word } | null} found
 */
function follow(event, tip, found) {
  const { key } = event;
  if (key === 'Escape' && (tip.close() || tip.hide())) {
    event.stopPropagation(); // nothing else lets go of what it holds
    event.preventDefault();
  }
  if (!found || event.target !== found.host) return;
  if (key === '?' || (opens(found.host) && (key === 'Enter' || key === ' '))) {
    event.preventDefault();
    event.stopPropagation();
    tip.open(found.host, found.word);
  }
}

/**
 * Marks the terms of the tab that is shown, whenever the page has changed and rests.
 * @param {ReturnType<typeof finderOf>} find
 */
function keepMarked(find) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    observer.disconnect(); // to mark is a change, too
    for (const tab of document.querySelectorAll('#tabs [role=tabpanel]'))
      if (tab instanceof HTMLElement && tab.checkVisibility()) markTab(tab, find);
    observe();
  };
  const observer = new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(look, REST);
  });
  const observe = () =>
    observer.observe(document.querySelector('#tabs') ?? document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ['hidden', 'class', 'style', 'open'],
    });
  look();
}
