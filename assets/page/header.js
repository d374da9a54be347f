// @ts-check
// The header: the device and what it offers, a link to the run that is shown, light and dark.

/** @import { Component } from './page.js' */
/** @import { Device, TierWords } from './payloads.d.ts' */

import { linkNow } from './address.js';
import { say } from './bus.js';
import { find, make } from './draw/element.js';
import { mountUndo } from './undo.js';

const SAID = 1600; // milliseconds that the button says what it did

/** @param {Component<Device>} component */
export function mount({ element, props }) {
  find(element, '#device').textContent = props.value?.device ?? '';
  find(element, '.d-tiers ul').replaceChildren(...(props.value?.tiers ?? []).map(described));
  const link = find(element, '#link');
  link.addEventListener('click', async () => {
    link.textContent = await share();
    setTimeout(() => {
      link.textContent = 'Copy link';
    }, SAID);
  });
  mountUndo(element);
  find(element, '#present').addEventListener('click', () => say('present', undefined));
  find(element, '#theme').addEventListener('click', () => document.body.classList.toggle('dark'));
}

/**
 * A kind of machine and what it offers.
 * @param {TierWords} tier
 */
function described({ title, offers, here }) {
  const line = make('li');
  line.append(make('b', '', here ? `${title} (this page)` : title), make('span', '', offers));
  return line;
}

/** Copies a link to what is shown, or leads there; says which. */
async function share() {
  const url = linkNow();
  try {
    await navigator.clipboard.writeText(url);
    return 'Copied';
  } catch {
    history.replaceState(null, '', url);
    return 'In the address bar';
  }
}
