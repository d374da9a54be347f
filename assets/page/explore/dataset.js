// @ts-check
// Whether another data set was chosen on Explore. Gradio's dropdown says so whenever it loses the
// focus, too; what is on show would make way for the shipped run then.

import { on } from '../bus.js';

/** @type {unknown} the data set that the controls hold */
let held;

on('form', ({ dataset }) => {
  held = dataset;
});

/**
 * The data set that was chosen; null if it is the one that was there.
 * @param {unknown} dataset
 */
export function another(dataset) {
  if (dataset === held) return null;
  held = dataset;
  return dataset;
}
