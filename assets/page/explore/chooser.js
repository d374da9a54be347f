// @ts-check
// The classes of a data set as pictures: a radio group.

/** @import { Component } from '../page.js' */
/** @import { Classes } from '../payloads.d.ts' */

import { say } from '../bus.js';
import { arrows } from '../draw/arrows.js';
import { find, make, makeButton } from '../draw/element.js';
import { tile } from '../draw/tile.js';

/** @param {Component<Classes>} component */
export function mount({ element, props, trigger, watch }) {
  const root = find(element, '.d-classes');
  /** @type {HTMLButtonElement[]} */
  let buttons = [];

  /** @param {number} label */
  const check = (label) => {
    for (const [k, button] of buttons.entries()) {
      button.setAttribute('aria-checked', String(k === label));
      button.tabIndex = k === label ? 0 : -1;
    }
    say('label', { names: props.value?.names ?? [], label });
  };
  /** @param {number} label */
  const pick = (label) => {
    check(label);
    trigger('pick', { label });
  };
  const draw = () => {
    if (!props.value) return;
    buttons = radios(props.value, pick);
    root.replaceChildren(...buttons);
    check(props.value.label);
  };
  arrows(root, () => buttons, { round: true, moved: (button) => button.click() });
  draw();
  watch('value', draw);
}

/**
 * @param {Classes} classes
 * @param {(label: number) => void} pick
 */
function radios({ names, sheet }, pick) {
  return names.map((name, k) => {
    const button = makeButton('d-class', '', () => pick(k));
    button.setAttribute('role', 'radio');
    const picture = make('i');
    button.append(picture, make('span', '', name));
    if (sheet) tile(picture, sheet, { columns: names.length, rows: 1, column: k, row: 0 });
    return button;
  });
}
