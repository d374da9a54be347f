// @ts-check
// What the page is about, for who comes for the first time: in one line, until it is closed.

/** @import { Component } from '../page.js' */

import { find, make, makeButton } from '../draw/element.js';

const KEY = 'distiller.lead';
const STEPS = [
  ['Choose', ' a class and a method.'],
  ['Distil:', ' a diffusion model makes a few images, or a rule picks real ones.'],
  ['Look', ' where the map is blue: real images there are missed.'],
  ['Judge:', ' the scores say whether the set beats as many real images drawn by chance.'],
];

/** Whether a visitor closed it on a day before. */
function wasClosed() {
  try {
    return localStorage.getItem(KEY) === 'closed';
  } catch {
    return false; // a browser may allow no storage
  }
}

function rememberClosed() {
  try {
    localStorage.setItem(KEY, 'closed');
  } catch {
    // without storage it is there again the next time
  }
}

/** @param {Component<null>} component */
export function mount({ element }) {
  const root = find(element, '.d-lead');
  const aim = make('p');
  aim.append(
    make('b', '', 'Can ten images teach a net what a thousand teach it? '),
    'That is data set distillation. This page shows what a few images keep of many.',
  );
  const steps = make('ol');
  for (const [verb, rest] of STEPS) {
    const step = make('li');
    step.append(make('b', '', verb), rest);
    steps.append(step);
  }
  const tour = makeButton('d-pill', 'Take the tour', () =>
    document.querySelector('#tour-open')?.closest('button')?.click(),
  );
  const close = makeButton('d-link', 'Hide', () => {
    rememberClosed();
    root.hidden = true;
  });
  close.setAttribute('aria-label', 'hide what the page is about');
  const ways = make('div', 'd-bar');
  ways.append(tour, close);
  root.append(aim, steps, ways);
  root.hidden = wasClosed();
}
