// @ts-check
// The colours of the page: page.css names them, for light and for dark.

import { say } from '../bus.js';

/**
 * A colour of the page by its name, as "#rrggbb" or as page.css has it.
 * @param {string} name
 */
export function colour(name) {
  const root = document.querySelector('.dark') ?? document.documentElement;
  return getComputedStyle(root).getPropertyValue(`--d-${name}`).trim();
}

/** Says from now on when light or dark is chosen. */
export function watchTheme() {
  new MutationObserver(() => say('theme', undefined)).observe(document.body, {
    attributes: true,
    attributeFilter: ['class'],
  });
}
