// @ts-check
// The page's entry: mounts its parts, and hands what they share to what is no module - the handlers
// that Gradio calls, and the browser tests.

import { followState } from './address.js';
import { on, say } from './bus.js';
import { watch } from './connection.js';
import { watchTheme } from './draw/colour.js';
import { another } from './explore/dataset.js';
import { follow } from './keep.js';
import { mendAll } from './mend.js';
import { present } from './present/presenter.js';
import { shared } from './state.js';
import { watchTabs } from './tabs.js';
import { takeDrops } from './take/drop.js';
import { numbers } from './values/bytes.js';
import { watchVisitor } from './visitor.js';

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
  return part.mount({ ...component, props: unpacked(component.props) });
}

/**
 * The properties of a component whose value travels as JSON: it is read once, when it is asked for.
 * @param {{ value: string | null }} props
 */
function unpacked(props) {
  /** @type {string | null} */
  let text = null;
  /** @type {unknown} */
  let value = null;
  return {
    get value() {
      if (props.value !== text) {
        text = props.value;
        value = text ? JSON.parse(text) : null; // it has none before the first comes
      }
      return value;
    },
    set value(next) {
      text = JSON.stringify(next);
      value = next;
      props.value = text;
    },
  };
}

watchTheme();
mendAll();
watchVisitor();
follow();
followState();
watchTabs();
present();
takeDrops();
watch();
/**
 * Takes what the controls of Explore hold, from the handler that Gradio calls.
 * @param {string[]} names
 * @param {unknown[]} values
 */
const form = (names, values) =>
  say('form', Object.fromEntries(names.map((name, k) => [name, values[k]])));

Object.assign(window, { distiller: { shared, on, say, form, another, numbers } });
