// @ts-check
// What the page keeps while its tab is open: the ids of its last runs. A page that is loaded again
// brings them, and goes on with those runs.

import { on } from './bus.js';

const KEY = 'distiller';
const RECENT = 60_000; // milliseconds
/** What a link may ask for. @type {readonly ['explore', 'compare', 'whole', 'sweep', 'guess']} */
const LINKED = ['explore', 'compare', 'whole', 'sweep', 'guess'];
const RUNS = [...LINKED, 'evaluate', 'train'].map(String);

/**
 * @typedef {object} Kept
 * @property {string} id
 * @property {Readonly<Record<string, string>>} [query] of the link that asks for it
 * @property {string} [address] parameters of the page's address that it belongs to
 * @property {string} [before] those before the last move: a page that is loaded again in that
 *   moment still has them
 */

/**
 * @typedef {object} Tab
 * @property {Kept} [explore]
 * @property {Kept} [evaluate]
 * @property {Kept} [compare]
 * @property {Kept} [whole] every class for the lanes of Compare
 * @property {Kept} [sweep]
 * @property {Kept} [guess]
 * @property {Kept} [train]
 * @property {string} [front] which of them was asked for last
 * @property {number | boolean} [lost] when the connection was seen to be lost; for the server,
 *   whether that was just now
 */

/** @returns {Tab} */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  } catch {
    return {}; // a browser may allow no storage, and anyone may have written there
  }
}

/** @param {Tab} changes */
export function keep(changes) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...read(), ...changes }));
  } catch {
    // without storage nothing is brought back, and all else works
  }
}

/** @type {string | null} */
let brought = null;

/**
 * What a page that is loaded brings, as text, the same to all who ask. Another link than the one
 * that was open asks for another run.
 */
export function bring() {
  brought ??= bringOnce();
  return brought;
}

function bringOnce() {
  const kept = read();
  for (const name of LINKED) {
    const known = kept[name];
    if (known && ![known.address, known.before].includes(location.search))
      keep({ [name]: undefined });
  }
  const { lost, ...rest } = read();
  const text = JSON.stringify({ ...rest, lost: Date.now() - Number(lost) < RECENT });
  keep({ lost: undefined });
  return text;
}

/**
 * Gives the page another address, without loading it: what is kept belongs to that from now on.
 * @param {string} address
 */
export function moveTo(address) {
  const before = location.search;
  history.replaceState(history.state, '', address);
  for (const name of LINKED) {
    const known = read()[name];
    if (known?.address === before) keep({ [name]: { ...known, before, address: location.search } });
  }
}

/** Keeps the ids of what is asked for from now on. */
export function follow() {
  on('run', ({ id, query, live }) => {
    const known = read().explore;
    if (!id || (live && id === known?.id)) return;
    const asked = query ?? known?.query;
    keep({ explore: { id, query: asked, address: location.search }, front: 'explore' });
  });
  on('evaluation', ({ id }) => {
    if (id !== read().evaluate?.id) keep({ evaluate: { id }, front: 'evaluate' });
  });
  on('followed', ({ run, id }) => {
    const known = read()[run];
    if (id === null) keep({ [run]: undefined });
    else if (id !== known?.id) keep({ [run]: { id, address: location.search }, front: run });
  });
  on('end', ({ run, how }) => {
    if (how !== 'ended' && RUNS.includes(run)) keep({ [run]: undefined });
  });
}
