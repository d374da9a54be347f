// @ts-check
// What a visitor had before the tour: it is there again once the tour is closed. It is kept as long
// as the page is open, and only of those tabs that the tour sets.

/** @import { Lineup, Run } from '../payloads.d.ts' */
/** @import { Look } from '../compare/look.js' */
/** @import { Held } from '../compare/results.js' */

import { on, say } from '../bus.js';
import { arrange, disarrange, setting } from '../compare/lineup.js';
import { look, lookAt } from '../compare/look.js';
import { bring, clear, held, state } from '../compare/results.js';
import { shared, show } from '../state.js';
import { showTab, titleOfTab } from '../tabs.js';
import { visitor } from '../visitor.js';

const BACK = 'The tour is closed. What you had before it is back.';

/**
 * @typedef {object} Kept
 * @property {string} tab that was shown, by its title
 * @property {{ query: Record<string, string> | null, run: Run | null } | null} explore
 * @property {{ lineup: Lineup | null, held: Held, look: Look } | null} compare `lineup`: null
 *   where Compare was not opened yet
 */

export class Before {
  constructor() {
    /** @type {Kept | null} */
    this.kept = null;
    /** @type {Record<string, string> | null} settings of Explore, as they are now */
    this.settings = null;
    this.own = false; // whether it is the visitor's own, and not what a link to the tour found
    on('settings', (query) => {
      this.settings = query;
    });
  }

  /** The tour sets something: the tab from before is remembered. @returns {Kept} */
  begin() {
    if (this.kept) return this.kept;
    this.own = visitor.acted;
    this.kept = { tab: titleOfTab(), explore: null, compare: null };
    return this.kept;
  }

  /** The tour sets Explore. */
  keepExplore() {
    const kept = this.begin();
    kept.explore ??= { query: this.settings, run: shared.finished };
  }

  /** The tour sets Compare. */
  keepCompare() {
    const kept = this.begin();
    kept.compare ??= { lineup: setting.lineup, held: held(), look: { ...look } };
  }

  /** The tour is closed. What goes on at this moment is the visitor's own, and stays. */
  restore() {
    const { kept } = this;
    this.kept = null;
    if (!kept || !this.own) return;
    const { explore, compare, tab } = kept;
    if (explore && !shared.run?.live) {
      if (explore.query) say('asked', { query: explore.query, run: false });
      if (explore.run) show(explore.run);
    }
    if (compare && !state.going) giveBack(compare);
    showTab(tab);
    say('words', BACK);
  }
}

/** @param {NonNullable<Kept['compare']>} compare */
function giveBack({ lineup, held: had, look: before }) {
  if (lineup) {
    arrange({ ...lineup, run: false });
    bring(had);
  } else {
    clear();
    disarrange();
  }
  lookAt(before);
}
