// @ts-check
// The page as the tour sees and sets it: its tabs, the run of Explore, the lanes of Compare, the
// question of Guess. It uses what a visitor uses, so all of it stays usable.

/** @import { GuessQuestion, Lanes, Places, Run, TourFacts } from '../payloads.d.ts' */
/** @import { Points } from '../explore/points.js' */

import { on, say } from '../bus.js';
import { arrange, setting } from '../compare/lineup.js';
import { look, lookAt } from '../compare/look.js';
import { clear, runOf, state, takeShipped } from '../compare/results.js';
import { decode } from '../explore/points.js';
import { hand } from '../guess/handed.js';
import { shared, show } from '../state.js';
import { showTab } from '../tabs.js';
import { Before } from './before.js';

/**
 * What the tour asks the server for.
 * @typedef {object} Server
 * @property {(nothing: null) => Promise<TourFacts>} facts
 * @property {(dataset: string) => Promise<Run>} first
 * @property {(dataset: string) => Promise<Lanes>} lanes
 * @property {(nothing: null) => Promise<GuessQuestion>} question
 * @property {(asked: [string, number]) => Promise<Places>} places
 */

const IMAGES = { view: /** @type {const} */ ('images'), at: 1, base: null, column: null };

export class World {
  /**
   * @param {Server} server
   * @param {(query: Run['query']) => void} set has the controls of Explore ask for a run
   */
  constructor(server, set) {
    this.server = server;
    this.set = set;
    /** @type {TourFacts | null} */
    this.facts = null;
    /** @type {Run | null} the run of Explore when the page began */
    this.before = null;
    /** @type {Points | null} */
    this.points = null;
    this.rows = 0; // real images that were picked on this page
    this.guessed = false; // whether a question was answered on this page
    this.turn = 0; // how often a page of the tour was opened or left
    /** What the visitor had before the tour. */
    this.visit = new Before();
    on('choose', ({ rows }) => {
      this.rows = rows?.length ?? 0;
    });
    on('followed', ({ run, id }) => {
      if (run === 'guess' && id === null) this.guessed = true;
    });
  }

  /** Forgets what was done on the page before. */
  async begin() {
    this.turn += 1;
    this.facts ??= await this.answer(this.server.facts(null));
    this.rows = 0;
    this.guessed = false;
    this.before = shared.finished;
  }

  /** The tour is closed. What it asked for and did not get yet is not shown any more. */
  end() {
    this.turn += 1;
    this.visit.restore();
  }

  /**
   * What the server answers.
   * @template T
   * @param {Promise<T>} asked
   * @throws {Error} if the visitor went on meanwhile: then it is to set nothing
   */
  async answer(asked) {
    const { turn } = this;
    const found = await asked;
    if (turn !== this.turn) throw new Error('The visitor left this page of the tour.');
    return found;
  }

  /** The finished run of Explore. */
  run() {
    return shared.run && !shared.run.live ? shared.run : null;
  }

  /**
   * The finished run of the lane of one method.
   * @param {string} method
   */
  lane(method) {
    const lane = setting.lineup?.lanes.find((one) => one.method === method);
    return lane ? runOf(lane.slot) : null;
  }

  /** Whether a comparison goes on. */
  compares() {
    return state.going;
  }

  look() {
    return look;
  }

  /** What tells the lanes apart, in words. */
  told() {
    return state.told?.words.latents ?? [];
  }

  /** @param {string} selector */
  sees(selector) {
    return document.querySelector(selector)?.checkVisibility() ?? false;
  }

  /** The title of the view that the map of Explore has. */
  view() {
    return document.querySelector('#map .d-view [aria-pressed=true]')?.textContent ?? '';
  }

  /**
   * Shows the run of a data set that ships.
   * @param {string} dataset
   */
  async explore(dataset) {
    const run = await this.answer(this.server.first(dataset));
    this.visit.keepExplore();
    this.set(run.query);
    showTab('Explore');
    show(run);
    this.before = run;
  }

  /** Fetches the real images of the run's class as points. */
  async locate() {
    const run = this.run();
    if (!run) return;
    const places = this.server.places([run.dataset, run.label]);
    this.points = decode(await this.answer(places));
  }

  /**
   * Shows the comparison of a data set that ships, or one of some of its lanes and others that are
   * still to be made.
   * @param {string} dataset
   * @param {readonly string[] | null} methods
   */
  async compare(dataset, methods = null) {
    const shipped = await this.answer(this.server.lanes(dataset));
    const lanes = methods ? only(shipped, methods) : shipped;
    this.visit.keepCompare();
    clear();
    lookAt(IMAGES);
    arrange(lanes.lineup);
    takeShipped(lanes);
    showTab('Compare');
  }

  /** Has Compare show the finished images again. */
  rest() {
    lookAt(IMAGES);
  }

  /** Asks a question whose images ship. */
  async guess() {
    const question = await this.answer(this.server.question(null));
    this.visit.begin();
    showTab('Guess');
    say('game', 'pair');
    hand(question);
    this.guessed = false;
  }
}

/**
 * A shipped comparison with these methods as its lanes: the runs of those that it has.
 * @param {Lanes} shipped
 * @param {readonly string[]} methods
 * @returns {Lanes}
 */
export function only({ lineup, runs, told }, methods) {
  const lanes = methods.map((method, slot) => ({ slot, method, cfg_scale: null, options: {} }));
  const had = lineup.lanes.flatMap(({ slot, method }) =>
    methods.includes(method) ? [[methods.indexOf(method), slot]] : [],
  );
  return {
    lineup: { ...lineup, lanes },
    runs: Object.fromEntries(had.map(([slot, from]) => [slot, runs[from]])),
    told: {
      begins: Object.fromEntries(had.map(([slot, from]) => [slot, told.begins[from]])),
      apart: [],
      words: {},
    },
  };
}
