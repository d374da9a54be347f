// @ts-check
// The address of the page: it holds what is shown, and follows as one goes.

/** @import { Query } from './values/query.js' */

import { on, say } from './bus.js';
import { queryOf, setting } from './compare/lineup.js';
import { look } from './compare/look.js';
import { moveTo } from './keep.js';
import { shared } from './state.js';
import { queryOf as sweepQueryOf, setting as swept } from './sweep/sweep.js';
import { shownTab } from './tabs.js';
import { lasting, queryIn, sameQuery } from './values/query.js';
import { visitor } from './visitor.js';

const BETWEEN = 500; // milliseconds between two changes of the address, at least

/** @type {{ form: Query | null, planes: Map<string, Query>, studied: string | null }} */
const seen = { form: null, planes: new Map(), studied: null };
let waiting = false;

/** The run of Explore, or the settings where they are no longer those of the run. */
function exploreQuery() {
  const { run, finished } = shared;
  const shown = run && !run.live ? run : finished;
  const known = shown?.query ?? {};
  if (seen.form && !sameQuery(seen.form, known)) return { ...seen.form };
  return { ...known, ...pickedQuery() };
}

/** @returns {Record<string, string>} */
function pickedQuery() {
  const picked = [...shared.chosen].sort((a, b) => a - b).map((number) => number + 1);
  return picked.length ? { pick: picked.join(',') } : {};
}

/** @returns {Record<string, string>} */
function lookQuery() {
  return {
    ...(look.view !== 'images' && { look: look.view }),
    ...(look.column !== null && { mark: String(look.column + 1) }),
  };
}

/**
 * The parameters of a link to what is shown.
 * @returns {Record<string, string>}
 */
export function stateNow() {
  const tab = shownTab();
  const plane = seen.planes.get(tab) ?? {};
  if (tab === 'compare' && setting.lineup && setting.menu)
    return { ...queryOf(setting.lineup, setting.menu), ...plane, ...lookQuery() };
  if (tab === 'sweep' && swept.sweep && swept.menu) return sweepQueryOf(swept.sweep, swept.menu);
  if (tab === 'explore') return { ...exploreQuery(), ...plane };
  if (tab === 'evaluate' && seen.studied) return { tab, dataset: seen.studied };
  return { tab };
}

/** The address of what is shown, with what lasts. */
export function linkNow() {
  const query = new URLSearchParams({ ...stateNow(), ...lasting(queryIn(location.search)) });
  return `${location.origin}${location.pathname}?${query}`;
}

function write() {
  waiting = false;
  const link = linkNow();
  if (link !== location.href) moveTo(link);
  say('address', undefined);
}

/** Has the address follow soon. Nothing moves it before the visitor did something. */
function followSoon() {
  if (!visitor.acted || waiting) return;
  waiting = true;
  setTimeout(write, BETWEEN);
}

/** Has the address follow what is shown from now on. */
export function followState() {
  on('settings', (query) => {
    seen.form = query;
  });
  on('studies', ({ dataset }) => {
    seen.studied = dataset;
  });
  on('plane', ({ tab, ...query }) => {
    seen.planes.set(tab, query);
  });
  for (const event of /** @type {const} */ (['run', 'choose', 'lineup', 'look', 'sweep']))
    on(event, followSoon);
  for (const event of /** @type {const} */ (['plane', 'settings', 'studies', 'tab']))
    on(event, followSoon);
}
