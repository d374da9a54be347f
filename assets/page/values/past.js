// @ts-check
// The past of some settings: one goes back in it, and forth again.

const MOST = 100; // states that are kept

export class Past {
  constructor() {
    /** @type {string[]} */
    this.states = [];
    this.at = -1;
  }

  /** The state that one is at; undefined before there is one. */
  get now() {
    return this.states[this.at];
  }

  /**
   * A state that came to be; what was undone before it is gone.
   * @param {string} state
   */
  put(state) {
    if (state === this.now) return;
    this.states = [...this.states.slice(0, this.at + 1), state].slice(-MOST);
    this.at = this.states.length - 1;
  }

  /**
   * The state where one is came out otherwise than it was kept.
   * @param {string} state
   */
  mend(state) {
    if (this.at < 0) this.put(state);
    else this.states[this.at] = state;
  }

  /**
   * Whether one can go so many states forth, or back.
   * @param {1 | -1} by
   */
  can(by) {
    return this.states[this.at + by] !== undefined;
  }

  /**
   * Goes there; the state, or undefined where there is none.
   * @param {1 | -1} by
   */
  go(by) {
    if (!this.can(by)) return undefined;
    this.at += by;
    return this.now;
  }
}
