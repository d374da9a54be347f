// @ts-check
// What is guessed: which set teaches better, or which images are real.

/** @import { Component } from '../page.js' */

import { on, say } from '../bus.js';
import { find } from '../draw/element.js';
import { Segment } from '../draw/segment.js';

/** @param {Component<'pair' | 'real'>} component */
export function mount({ element, props }) {
  /** @type {Segment<'pair' | 'real'>} */
  const games = new Segment('', (game) => {
    say('game', game);
  });
  on('game', (game) => {
    if (props.value !== game) props.value = game; // so that Python is handed it
    games.show(game);
  });
  games.offer([
    ['pair', 'Which teaches better?'],
    ['real', 'Find the real ones'],
  ]);
  games.show(props.value ?? 'pair');
  find(element, '.d-game').append(games.node);
}
