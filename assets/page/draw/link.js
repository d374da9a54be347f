// @ts-check
// Links to runs.

import { make } from './element.js';

/**
 * A link to a run; what is on this page stays.
 * @param {Record<string, string>} query
 */
export function makeLink(query) {
  const link = make('a');
  link.href = `?${new URLSearchParams(query)}`;
  link.target = '_blank';
  link.rel = 'noopener';
  return link;
}
