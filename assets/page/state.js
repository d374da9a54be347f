// @ts-check
// What the parts of the page share: the run that is shown and what is selected of it, and the
// evaluation. It changes here alone, and is said on the bus.

/** @import { Evaluation, Run, Step } from './payloads.d.ts' */

import { on, say } from './bus.js';

/**
 * @typedef {object} Shared
 * @property {Run | Step | null} run that is shown
 * @property {Run | null} finished the last run that was finished
 * @property {Set<string>} stopped ids of runs that were stopped or failed
 * @property {Set<number>} chosen images of the run that are selected
 * @property {Evaluation | null} evaluation that is shown
 */

/** @type {Shared} */
export const shared = {
  run: null,
  finished: null,
  stopped: new Set(),
  chosen: new Set(),
  evaluation: null,
};

/** @type {Step | null} */
let latest = null;

/**
 * Shows a run. Of its steps only the latest is drawn, once a frame: a busy browser falls behind in
 * none of them.
 * @param {Run | Step | null} run
 */
export function show(run) {
  if (!run?.live) {
    latest = null;
    take(run);
    return;
  }
  if (!latest) requestAnimationFrame(showLatest);
  latest = run;
}

function showLatest() {
  const step = latest;
  latest = null;
  take(step);
}

/** @param {Run | Step | null} run */
function take(run) {
  if (!run || (run.id && shared.stopped.has(run.id))) return;
  const again = run.id && run.id === shared.run?.id && run.live === shared.run.live;
  if (run === shared.run || (again && !run.live)) return;
  if (!run.live) {
    if (!shared.run?.live) shared.chosen = new Set();
    shared.finished = run;
  }
  shared.run = run;
  say('run', run);
}

/**
 * A run that was stopped or failed makes way for the last that was finished.
 * @param {string} how
 */
function back(how) {
  showLatest(); // refused within a frame, it would be taken up after its end
  if (!shared.run?.live) return;
  const { id, step, steps } = shared.run;
  if (id) shared.stopped.add(id);
  if (!shared.finished) return;
  const notice = `${how} at step ${step} of ${steps}; this is the run before it`;
  shared.run = { ...shared.finished, notice };
  say('run', shared.run);
}

on('end', ({ run, how }) => {
  if (run === 'explore' && how !== 'ended') back(how);
});

/**
 * Selects images of the run by their numbers.
 * @param {number[]} numbers
 * @param {{ add?: boolean, rows?: number[] | null }} how `add`: turns each of them on or off, and
 *   the others stay; `rows`: real images that are selected beside them
 */
export function choose(numbers, { add = false, rows = null } = {}) {
  const next = new Set(add ? shared.chosen : numbers);
  if (add) for (const i of numbers) if (!next.delete(i)) next.add(i);
  shared.chosen = next;
  say('choose', { numbers: next, rows });
}

/**
 * Shows an evaluation.
 * @param {Evaluation} evaluation
 */
export function showEvaluation(evaluation) {
  shared.evaluation = evaluation;
  say('evaluation', evaluation);
}
