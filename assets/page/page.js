// @ts-check
// The page's entry: mounts its parts, and hands what they share to what is no module - the handlers
// that Gradio calls, and the browser tests.

import { on, say } from './bus.js';
import { watchTheme } from './draw/colour.js';
import { mountAccuracies } from './evaluate/accuracies.js';
import { mountCurves } from './evaluate/curves.js';
import { mountChooser } from './explore/chooser.js';
import { mountMap } from './explore/map.js';
import { mountScores } from './explore/scores.js';
import { mountSheet } from './explore/sheet.js';
import { mountHeader } from './header.js';
import { shared } from './state.js';
import { mountTraining } from './train/training.js';
import { numbers } from './values/bytes.js';

/**
 * A component of Gradio, as it hands itself over when it is loaded.
 * @template Value
 * @typedef {object} Component
 * @property {HTMLElement} element
 * @property {{ value: Value | null }} props
 * @property {Record<string, (...args: never[]) => Promise<unknown>>} server Python's functions
 * @property {(event: string, detail?: object) => void} trigger has Python's handlers called
 * @property {(property: string, listener: () => void) => void} watch
 */

const PARTS = {
  accuracies: mountAccuracies,
  chooser: mountChooser,
  curves: mountCurves,
  header: mountHeader,
  map: mountMap,
  scores: mountScores,
  sheet: mountSheet,
  training: mountTraining,
};

/**
 * Mounts a part in a component of Gradio.
 * @param {keyof typeof PARTS} name
 * @param {Component<any>} component
 */
export function mount(name, component) {
  return PARTS[name](component);
}

watchTheme();
Object.assign(window, { distiller: { shared, on, say, numbers } });
