// @ts-check
// On Explore: a button that makes the run that is shown a lane of Compare.

/** @import { Component } from '../page.js' */
/** @import { Lineup, Menu } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { find, makeButton } from '../draw/element.js';
import { shared } from '../state.js';
import { showTab } from '../tabs.js';
import { arrange, lineupWith, setting } from './lineup.js';
import { clear } from './results.js';

/** @param {Component<null>} component */
export function mount({ element, server }) {
  const get = /** @type {(nothing: null) => Promise<[Menu, Lineup]>} */ (server.comparing);
  const button = makeButton('d-pill d-send', 'Add to Compare', async () => {
    const run = shared.finished;
    if (!run) return;
    const [menu, usual] = await get(null);
    setting.menu ??= menu;
    const before = setting.lineup ?? { ...usual, lanes: [] };
    const lineup = lineupWith(before, run, setting.menu);
    if (lineup.dataset !== before.dataset || lineup.label !== before.label) clear();
    arrange(lineup);
    showTab('Compare');
  });
  const show = () => {
    button.disabled = !shared.finished;
    button.title = shared.run && !shared.run.live && shared.run.moved ? MOVED : '';
  };
  find(element, '.d-send-frame').append(button);
  on('run', show);
  show();
}

const MOVED = 'a dial was moved during this run: the lane has its last settings all the way';
