// @ts-check
// The header: the device, a link to the run that is shown, light and dark.

/** @import { Component } from './page.js' */
/** @import { Device } from './payloads.d.ts' */

import { find } from './draw/element.js';
import { shared } from './state.js';

const SAID = 1600; // milliseconds that the button says what it did

/** @param {Component<Device>} component */
export function mount({ element, props }) {
  find(element, '#device').textContent = props.value?.device ?? '';
  const link = find(element, '#link');
  link.addEventListener('click', async () => {
    link.textContent = await share();
    setTimeout(() => {
      link.textContent = 'Copy link';
    }, SAID);
  });
  find(element, '#theme').addEventListener('click', () => document.body.classList.toggle('dark'));
}

/** Copies a link to the run that is shown, or leads there; says which. */
async function share() {
  const query = new URLSearchParams(shared.run && !shared.run.live ? shared.run.query : {});
  const url = `${location.origin}${location.pathname}?${query}`;
  try {
    await navigator.clipboard.writeText(url);
    return 'Copied';
  } catch {
    history.replaceState(null, '', url);
    return 'In the address bar';
  }
}
