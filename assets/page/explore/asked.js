// @ts-check
// On Explore: hears what the controls hold, as a link would have it; and has them set, and a run
// made, by whoever asks for it on the page.

/** @import { Component } from '../page.js' */
/** @import { Usual } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { classText, queryOfForm } from '../values/query.js';

/** @param {Component<Usual>} component */
export function mount({ props, trigger }) {
  /** @type {{ form: Record<string, unknown> | null, label: string }} */
  const now = { form: null, label: '' };
  const tell = () => {
    if (!now.form || !now.label) return;
    say('settings', queryOfForm(now.form, now.label, props.value?.options ?? {}));
  };
  on('form', (form) => {
    now.form = form;
    tell();
  });
  on('label', ({ names, label }) => {
    now.label = classText(names, label);
    tell();
  });
  on('asked', (asked) => trigger('go', asked));
}
