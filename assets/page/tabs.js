// @ts-check
// The tabs of the page.

import { say } from './bus.js';

/** The title of the tab that is shown; nothing before there are tabs. */
export function titleOfTab() {
  const tab = document.querySelector('#tabs [role=tab][aria-selected=true]');
  return tab?.textContent?.trim() ?? '';
}

/** The name of the tab that is shown, as links have it. */
export function shownTab() {
  const title = titleOfTab();
  return NAMES[title] ?? title.toLowerCase();
}

/** @type {Record<string, string>} */
const NAMES = { '': 'explore', 'Your pictures': 'train' };

/** Says from now on when another tab is shown. */
export function watchTabs() {
  let before = shownTab();
  new MutationObserver(() => {
    const now = shownTab();
    if (now === before) return;
    before = now;
    say('tab', undefined);
  }).observe(document.body, {
    attributes: true,
    attributeFilter: ['aria-selected'],
    childList: true,
    subtree: true,
  });
}

/**
 * Shows the tab of a title.
 * @param {string} title
 */
export function showTab(title) {
  const tabs = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('#tabs [role=tab]')
  );
  [...tabs].find((tab) => tab.textContent?.trim() === title)?.click();
}
