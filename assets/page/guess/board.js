// @ts-check
// The question that is asked, and its answer. Of each game an example comes first, which is
// answered already.

/** @import { Component } from '../page.js' */
/** @import { GuessAnswer, GuessExamples, GuessFound } from '../payloads.d.ts' */
/** @import { GuessQuestion, GuessWait } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { find, make } from '../draw/element.js';
import { takeHanded } from './handed.js';
import { makeFound, makeMix } from './mix.js';
import { makeAnswer, makePair } from './pair.js';
import { NONE, withAnswer, withSheet, wordsOf } from './tally.js';

const LOST = 'The answer could not be fetched. Ask for the next question.';
const SHOWN = {
  pair: 'This is how it goes: two sets, a guess, and then what is known.',
  real: 'This is how it goes: a sheet, some images marked, and then which were real.',
};

/**
 * @typedef {object} Server
 * @property {(nothing: null) => Promise<GuessExamples>} examples_of_both
 * @property {(guess: { token: string, guess: number }) => Promise<GuessAnswer>} guessed
 * @property {(guess: { token: string, marked: number[] }) => Promise<GuessFound>} found
 */

/**
 * @typedef {object} Shown
 * @property {GuessQuestion} question
 * @property {GuessAnswer | GuessFound | null} answer
 * @property {boolean} example
 */

class Board {
  /**
   * @param {HTMLElement} root
   * @param {Server} server
   */
  constructor(root, server) {
    this.server = server;
    /** @type {'pair' | 'real'} */
    this.game = 'pair';
    /** @type {Partial<Record<'pair' | 'real', Shown>>} */
    this.shown = {};
    this.tally = NONE;
    this.id = ''; // of the last question that was asked for
    this.waits = make('p', 'd-words');
    this.waits.setAttribute('role', 'status');
    this.waits.hidden = true;
    this.body = make('div');
    this.count = make('p', 'd-muted');
    this.count.setAttribute('role', 'status');
    root.append(this.waits, this.body, this.count);
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.clock = undefined;
    this.began = 0; // milliseconds
    this.fetching = false;
  }

  /** @param {GuessExamples} examples */
  begin({ pair, answer, real, found }) {
    this.shown = {
      pair: { question: pair, answer, example: true },
      real: { question: real, answer: found, example: true },
      ...this.shown,
    };
    this.draw();
  }

  /** @param {'pair' | 'real'} game */
  turn(game) {
    this.game = game;
    this.draw();
  }

  /** @param {GuessWait | GuessQuestion} value */
  take(value) {
    const first = !this.id;
    if (value.id && value.id !== this.id) {
      this.id = value.id;
      say('followed', { run: 'guess', id: value.id });
      // A page that was loaded again shows the game that it follows.
      if (first && value.game !== this.game) say('game', value.game);
    }
    if (value.live) {
      this.wait(value.words);
      return;
    }
    this.rest();
    this.shown[value.game] = { question: value, answer: null, example: false };
    this.draw();
  }

  /**
   * Says how the next question stands, and for how long it has been made.
   * @param {string} words
   */
  wait(words) {
    if (this.waits.hidden) this.began = Date.now();
    clearInterval(this.clock);
    const tell = () => {
      this.waits.textContent = `${words} · ${Math.round((Date.now() - this.began) / 1000)} s`;
    };
    tell();
    this.clock = setInterval(tell, 1000);
    this.waits.hidden = false;
  }

  rest() {
    clearInterval(this.clock);
    this.waits.hidden = true;
  }

  draw() {
    const shown = this.shown[this.game];
    this.count.textContent = wordsOf(this.tally, this.game);
    if (!shown) {
      this.body.replaceChildren();
      return;
    }
    const { question, answer, example } = shown;
    const head = [
      make('p', 'd-muted', example ? `Example. ${SHOWN[this.game]}` : question.caption),
    ];
    if (example) head.push(make('p', 'd-muted', question.caption));
    const ask = make('h2', '', question.ask);
    this.verdict = make('p', 'd-message', answer?.verdict ?? '');
    this.verdict.tabIndex = -1;
    this.body.replaceChildren(...head, ask, ...this.parts(question, answer));
  }

  /**
   * @param {GuessQuestion} question
   * @param {GuessAnswer | GuessFound | null} answer
   */
  parts(question, answer) {
    const verdict = this.verdict ?? '';
    if (question.game === 'pair') {
      const known = answer && 'sides' in answer ? answer : null;
      const pair = makePair(question, known, (guess) => this.guess(question, guess));
      return known ? [pair, verdict, makeAnswer(known)] : [pair, verdict];
    }
    const known = answer && 'real' in answer ? answer : null;
    const mix = makeMix(question, known, (marked) => this.mark(question, marked));
    return known ? [mix, verdict, makeFound(known)] : [mix, verdict];
  }

  /**
   * @param {GuessQuestion} question
   * @param {number} guess
   */
  async guess(question, guess) {
    await this.answer(question, async () => {
      const answer = await this.server.guessed({ token: question.token, guess });
      this.tally = withAnswer(this.tally, answer);
      return answer;
    });
  }

  /**
   * @param {GuessQuestion} question
   * @param {number[]} marked
   */
  async mark(question, marked) {
    await this.answer(question, async () => {
      const found = await this.server.found({ token: question.token, marked });
      this.tally = withSheet(this.tally, found, question.sheets[0].n);
      return found;
    });
  }

  /**
   * Fetches an answer once, and shows it if its question is still there.
   * @param {GuessQuestion} question
   * @param {() => Promise<GuessAnswer | GuessFound>} fetch
   */
  async answer(question, fetch) {
    const shown = this.shown[question.game];
    if (shown?.question !== question || this.fetching) return;
    this.fetching = true;
    try {
      const answer = await fetch();
      this.shown[question.game] = { question, answer, example: false };
      say('followed', { run: 'guess', id: null }); // it is not asked twice
      this.draw();
      this.verdict?.focus(); // the button that was pressed is gone
    } catch {
      if (this.verdict) this.verdict.textContent = LOST;
    } finally {
      this.fetching = false;
    }
  }
}

/** @param {Component<GuessWait | GuessQuestion>} component */
export async function mount({ element, props, server, watch }) {
  const asked = /** @type {Server} */ (/** @type {unknown} */ (server));
  const board = new Board(find(element, '.d-guess'), asked);
  on('game', (game) => board.turn(game));
  on('end', ({ run }) => {
    if (run === 'guess') board.rest();
  });
  watch('value', () => {
    if (props.value) board.take(props.value);
  });
  board.begin(await asked.examples_of_both(null));
  if (props.value) board.take(props.value); // it came before the tab was opened
  takeHanded((question) => board.take(question));
}
