// @ts-check
// Sentences under the header: that the connection is lost or back, that a run was found again.

/** @import { Component } from './page.js' */
/** @import { Notice } from './payloads.d.ts' */

import { on } from './bus.js';
import { find, make, makeButton } from './draw/element.js';

const LOST =
  'The connection to the server is lost. The page tries again by itself. What you asked for goes ' +
  'on at the server.';
const BACK = 'The connection to the server is back.';

/** @param {Component<Notice>} component */
export function mount({ element, props, watch }) {
  const root = find(element, '.d-words');
  const text = make('span');
  const close = makeButton('d-link', 'Close', () => show(''));
  root.append(text, close);

  /** @param {string} words */
  function show(words) {
    root.classList.toggle('d-lost', words === LOST);
    close.hidden = words === LOST;
    text.textContent = words;
    root.hidden = !words;
  }

  const read = () => show(props.value?.words ?? '');
  on('words', show);
  on('connection', ({ lost }) => show(lost ? LOST : BACK));
  document.addEventListener('click', ({ target }) => {
    const started = target instanceof Element && target.closest('.d-start');
    if (started && !root.classList.contains('d-lost')) show('');
  });
  read();
  watch('value', read);
}
