// @ts-check
// The connection to the server: whether it is there is asked every now and then, and whenever the
// page wakes up. A run that the server has finished and the page still waits for is fetched by
// loading the page again.

import { on, say } from './bus.js';
import { keep } from './keep.js';

const BETWEEN = 10_000; // milliseconds between two questions
const AGAIN = 2_000; // the same, while there is no answer
const PATIENCE = 10_000; // milliseconds that an answer may take
const OVERDUE = 8; // answers in a row by which a run is over before the page is loaded again
const GOING = ['none', 'asked', 'waiting', 'running', 'replaced'];

/** @type {Record<string, string | undefined>} ids of what goes on, by the name of the run */
const going = {};
let [lost, looking, leaving, overdue] = [false, false, false, 0];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** How the run stands that goes on, as the server says; null if it gives no answer. */
async function standing() {
  try {
    const answer = await fetch(new URL('alive', document.baseURI), {
      method: 'POST',
      body: Object.values(going).find(Boolean) ?? '',
      signal: AbortSignal.timeout(PATIENCE),
    });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

async function look() {
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  const state = document.hidden && !lost ? 'none' : await standing();
  looking = false;
  if (leaving) return;
  if (state === null) keep({ lost: Date.now() });
  if ((state === null) !== lost) {
    lost = state === null;
    say('connection', { lost });
  }
  overdue = state === null || GOING.includes(state) ? 0 : overdue + 1;
  if (overdue >= OVERDUE) location.reload();
  timer = setTimeout(look, lost || overdue ? AGAIN : BETWEEN);
}

/** Watches the connection from now on. */
export function watch() {
  on('run', ({ live, id }) => {
    going.explore = live ? id : undefined;
  });
  on('evaluation', ({ live, id }) => {
    going.evaluate = live ? id : undefined;
  });
  on('followed', ({ run, id }) => {
    going[run] = id ?? undefined;
  });
  on('end', ({ run }) => {
    going[run] = undefined;
  });
  addEventListener('pagehide', () => {
    leaving = true; // what is left unanswered says nothing
  });
  addEventListener('pageshow', () => {
    leaving = false;
    look();
  });
  for (const name of ['online', 'offline']) addEventListener(name, look);
  document.addEventListener('visibilitychange', look);
  look();
}
