// @ts-check
// Marks terms on the page: on each tab the first place where a term stands. Gradio's own labels
// are marked as they are, since Gradio holds their text; in the parts that scripts draw, the term
// itself is marked. What is a button already keeps its click, and is explained beside it.

/** @import { Found } from '../values/terms.js' */

import { make } from '../draw/element.js';

export const MARK = 'data-term';
/** Labels of Gradio, and what stands as a head, a label or a note in the parts of scripts. */
const LABELS = '[data-testid=block-info]';
const PLACES = [
  LABELS,
  ...['h2', 'h3', 'th', 'summary', 'caption', 'label', 'p', '.d-h', '.d-bar', '.d-status'].map(
    (place) => `.html-container ${place}`,
  ),
  ...['.d-score header', '.d-seg button', '.d-scale', '.d-tell'].map(
    (place) => `.html-container ${place}`,
  ),
].join(', ');
/** What is read aloud when it changes, what is a drawing, and what has its own words. */
const APART =
  '[role=status], [aria-live], [role=tooltip], [role=dialog], dialog, svg, .js-plotly-plot, ' +
  '.d-method, .d-words, .d-lane, .d-editor, .d-tour, .d-gallery, a, option';
const ACTS = 'button, summary, [role=tab], [role=button], input, select';

/**
 * @param {HTMLElement} tab
 * @param {(text: string) => Found[]} find
 */
export function markTab(tab, find) {
  const marked = new Map(
    [...tab.querySelectorAll(`[${MARK}]`)].map((node) => [node.getAttribute(MARK), node]),
  );
  for (const [term, node] of marked) if (term && !node.checkVisibility()) marked.delete(term);
  const terms = new Set(marked.keys());
  for (const place of tab.querySelectorAll(PLACES)) {
    if (!(place instanceof HTMLElement) || place.closest(APART) || !place.checkVisibility())
      continue;
    if (place.matches(LABELS)) markWhole(place, find, terms);
    else for (const text of textsOf(place)) markText(text, find, terms);
  }
}

/**
 * The texts of a place, but for those that have a mark, or are apart.
 * @param {HTMLElement} place
 */
function textsOf(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const texts = [];
  while (walker.nextNode()) {
    const text = /** @type {Text} */ (walker.currentNode);
    const parent = text.parentElement;
    if (text.data.trim() && parent && !parent.closest(`${APART}, [${MARK}]`)) texts.push(text);
  }
  return texts;
}

/**
 * @param {HTMLElement} label
 * @param {(text: string) => Found[]} find
 * @param {Set<string | null>} terms that are marked
 */
function markWhole(label, find, terms) {
  if (label.hasAttribute(MARK)) return;
  const found = find(label.textContent ?? '').find(({ term }) => !terms.has(term));
  if (!found) return;
  terms.add(found.term);
  label.setAttribute(MARK, found.term);
  label.classList.add('d-term');
  offer(label);
}

/**
 * @param {Text} text
 * @param {(text: string) => Found[]} find
 * @param {Set<string | null>} terms that are marked
 */
function markText(text, find, terms) {
  const acts = text.parentElement?.closest(ACTS);
  if (acts?.hasAttribute(MARK)) return;
  /** @type {Map<string, Found>} */
  const first = new Map();
  for (const one of find(text.data))
    if (!terms.has(one.term) && !first.has(one.term)) first.set(one.term, one);
  const found = [...first.values()];
  if (acts) {
    if (!found.length) return;
    acts.setAttribute(MARK, found[0].term);
    terms.add(found[0].term);
    return;
  }
  if (!found.length) return;
  if (isSpread(text)) {
    const line = make('span'); // or each part of the text would be laid out by itself
    text.replaceWith(line);
    line.append(text);
  }
  // From the last to the first: what is split off behind moves nothing before it.
  for (const { term, start, end } of found.reverse()) {
    terms.add(term);
    text.splitText(end);
    const own = text.splitText(start);
    const mark = make('span', 'd-term');
    mark.setAttribute(MARK, term);
    own.replaceWith(mark);
    mark.append(own);
    offer(mark);
  }
}

/**
 * Whether what stands around a text lays out its parts one by one.
 * @param {Text} text
 */
function isSpread({ parentElement }) {
  return parentElement !== null && /flex|grid/.test(getComputedStyle(parentElement).display);
}

/**
 * Has a mark reached by the Tab key, and pressed.
 * @param {HTMLElement} mark
 */
function offer(mark) {
  mark.tabIndex = 0;
  mark.setAttribute('role', 'button');
  mark.setAttribute('aria-haspopup', 'dialog');
}
