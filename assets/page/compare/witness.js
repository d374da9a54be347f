// @ts-check
// Beneath the map: whose witness is drawn on it as a field, or the difference of which two.

/** @import { Field } from '../explore/field.js' */
/** @import { View } from '../explore/traces.js' */
/** @import { Field as Values } from '../payloads.d.ts' */

import { make } from '../draw/element.js';
import { fill, makeSelect } from '../draw/select.js';
import { gridBetween, gridOf } from '../values/witness.js';
import { setting, titleOf } from './lineup.js';
import { look, lookAt } from './look.js';
import { runOf } from './results.js';
import { showOrAwait } from './room.js';

const ABOUT =
  'The MMD witness, in latent space at each real image, smoothed for the eye: where real images ' +
  'are missed, and where too many were made.';
const ONE = 'Line: beyond what random real sets reach (95 %); full colour: twice that.';
const TWO =
  'Line: beyond what the difference of two random real sets reaches (95 %); ' +
  'full colour: twice that.';

export class WitnessLine {
  /** @param {Field} field beneath the points of the map */
  constructor(field) {
    this.field = field;
    /** @type {[Values | null, Values | null]} what the field was made of */
    this.drawn = [null, null];
    this.node = make('div', 'd-gap');
    this.sides = [0, 1].map((side) =>
      makeSelect(
        () => this.choose(),
        side ? 'the lane whose witness is taken from it' : 'the lane whose witness is shown',
      ),
    );
    this.minus = make('span', '', 'less that of');
    this.low = make('b');
    this.high = make('b');
    this.bar = make('i');
    this.words = make('small');
    this.scale = make('div', 'd-scale');
    const ends = this.scale.appendChild(make('div'));
    ends.append(this.low, this.bar, this.high, this.words);
    const line = make('div', 'd-gap-line');
    line.title = ABOUT;
    line.append('witness of ', this.sides[0], this.minus, this.sides[1]);
    this.node.append(line, this.scale);
  }

  choose() {
    const [a, b] = this.sides.map(({ value }) => (value === '' ? null : Number(value)));
    lookAt({ witness: a === b ? [a, null] : [a, b] });
  }

  /** The lanes whose witness can be shown: what was looked at, as far as it is there. */
  slots() {
    const [a, b] = look.witness.map((slot) => (slot !== null && runOf(slot) ? slot : null));
    return a === null ? [null, null] : [a, b];
  }

  /** @param {View} view of the map */
  draw(view) {
    const lanes = (setting.lineup?.lanes ?? []).filter(({ slot }) => runOf(slot));
    showOrAwait(this.node, lanes.length > 0);
    const [a, b] = this.slots();
    /** @type {[string, string][]} */
    const options = lanes.map((lane) => [String(lane.slot), titleOf(lane)]);
    const others = options.filter(([slot]) => slot !== String(a));
    fill(this.sides[0], [['', 'no lane'], ...options], String(a ?? ''));
    fill(this.sides[1], [['', 'none'], ...others], String(b ?? ''));
    this.minus.hidden = this.sides[1].hidden = a === null;
    this.scale.hidden = a === null;
    const [one, other] = [a, b].map((slot) => slot !== null && runOf(slot)?.witness.fields[view]);
    this.drawField(one || null, other || null);
    const names = new Map(options);
    this.low.textContent = other ? `more of ${names.get(String(a))}` : 'too much';
    this.high.textContent = other ? `more of ${names.get(String(b))}` : 'missed';
    const [from, to] = other ? [`lane-${a}`, `lane-${b}`] : ['excess', 'missed'];
    const stops = `var(--d-${from}), transparent 50%, var(--d-${to})`;
    this.bar.style.backgroundImage = `linear-gradient(90deg, ${stops})`;
    this.words.textContent = other ? TWO : ONE;
  }

  /**
   * @param {Values | null} one
   * @param {Values | null} other
   */
  drawField(one, other) {
    if (one === this.drawn[0] && other === this.drawn[1]) return;
    this.drawn = [one, other];
    const [a, b] = this.slots();
    // Where one set misses more than the other, the other has more.
    const hues = other ? { missed: `lane-${b}`, excess: `lane-${a}` } : undefined;
    if (!one) this.field.show(null);
    else this.field.show(other ? gridBetween(one, other) : gridOf(one), hues);
  }
}
