// @ts-check
// The page's entry: mounts its parts, and hands what they share to what is no module - the handlers
// that Gradio calls, and the browser tests.

import { on, say } from './bus.js';
import { watch } from './connection.js';
import { watchTheme } from './draw/colour.js';
import { follow } from './keep.js';
import { mendAll } from './mend.js';
import { shared } from './state.js';
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

/**
 * Mounts a part in a component of Gradio.
 * @param {string} path of the part's script, such as "explore/map"; it exports a `mount`
 * @param {Component<any>} component
 */
export async function mount(path, component) {
  const part = await import(`./${path}.js`);
  return part.mount(component);
}

watchTheme();
mendAll();
follow();
watch();
Object.assign(window, { distiller: { shared, on, say, numbers } });
