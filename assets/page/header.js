// @ts-check
// The header: the device and what it offers, a link to the run that is shown, light and dark.

/** @import { Component } from './page.js' */
/** @import { Device, TierWords } from './payloads.d.ts' */

import { queryOf, setting } from './compare/lineup.js';
import { find, make } from './draw/element.js';
import { shared } from './state.js';
import { queryOf as sweepQueryOf, setting as swept } from './sweep/sweep.js';

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

/** The parameters of a link to what is shown: the comparison, the sweep, or the run of Explore. */
function shownQuery() {
  const { lineup, menu } = setting;
  const compared = document.querySelector('#compare')?.checkVisibility();
  if (compared && lineup && menu) return queryOf(lineup, menu);
  const sweeping = document.querySelector('#sweep')?.checkVisibility();
  if (sweeping && swept.sweep && swept.menu) return sweepQueryOf(swept.sweep, swept.menu);
  return { ...(shared.run && !shared.run.live ? shared.run.query : {}) };
}

/** Copies a link to what is shown, or leads there; says which. */
async function share() {
  const query = new URLSearchParams(shownQuery());
  const url = `${location.origin}${location.pathname}?${query}`;
  try {
    await navigator.clipboard.writeText(url);
    return 'Copied';
  } catch {
    history.replaceState(null, '', url);
    return 'In the address bar';
  }
}
