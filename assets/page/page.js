// The page's entry: mounts its parts, and hands what they share to what is no module - the handlers
// that Gradio calls, and the browser tests.
import { back, numbers, on, say, shared } from './state.js';
import './plotly.js';
import * as accuracies from './accuracies.js';
import * as chooser from './chooser.js';
import * as curves from './curves.js';
import * as header from './header.js';
import * as map from './map.js';
import * as scores from './scores.js';
import * as sheet from './sheet.js';
import * as training from './training.js';

const parts = { accuracies, chooser, curves, header, map, scores, sheet, training };

// Mounts a part in a component of Gradio: {element, props, server, trigger, watch}.
export function mount(name, component) {
  parts[name].mount(component);
}

window.distiller = { shared, on, say, back, numbers };
