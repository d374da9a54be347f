// @ts-check
// What stands around the map: above it what its points are, in a corner what the field means, and
// below it how it was laid out; and the buttons that choose its look.

/** @import { Look, Paint, Scene, View } from './traces.js' */

import { make, makeButton, press } from '../draw/element.js';
import { Segment } from '../draw/segment.js';
import { choose } from '../state.js';
import { count } from '../values/format.js';
import { farthestFirst, uncovered } from './points.js';

/** @type {Record<View, string>} */
export const VIEWS = { class: 'UMAP', umap: 'all classes', pca: 'PCA' };
export const VIEW_TITLES = {
  class: 'a map of this class alone',
  umap: 'a map of the whole data set',
  pca: 'the first two principal components',
};
const PAINT_TITLES = {
  plain: 'one colour',
  mode: 'coloured by known mode',
  distance: 'coloured by the distance to the nearest distilled image',
};
const WITNESS = 'where real images are missed, and where too many were made';
const FIELD =
  'The MMD witness, in latent space at each real image, smoothed for the eye. Line: beyond what ' +
  'random real sets reach (95 %); full colour: twice that.';

export class Legend {
  /** @param {(change: Partial<Look>) => void} change of the map's look */
  constructor(change) {
    this.bar = make('div', 'd-bar');
    this.corner = make('div', 'd-corner');
    this.note = make('div', 'd-status');
    this.scale = this.corner.appendChild(makeScale());
    this.spring = make('span');
    this.spring.style.flex = '1';
    /** @type {Segment<View>} */
    this.views = new Segment('d-view', (view) => change({ view }));
    /** @type {Segment<Paint>} */
    this.paints = new Segment('d-paint', (paint) => change({ paint }));
    const box = make('span', 'd-seg d-witness');
    this.witness = makeButton('', 'witness', () => change({ witness: !this.isWitness() }));
    this.witness.title = WITNESS;
    box.append(this.witness);
    /** @type {HTMLElement[]} */
    this.keys = [];
    this.how = make('span', 'd-how');
    const controls = make('span', 'd-controls');
    controls.append(box, this.paints.node);
    this.bar.append(this.spring, this.views.node);
    this.note.append(this.how, controls);
    this.bar.hidden = this.note.hidden = this.scale.hidden = true;
  }

  isWitness() {
    return this.witness.getAttribute('aria-pressed') === 'true';
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { points, look } = scene;
    this.bar.hidden = this.note.hidden = false;
    for (const key of this.keys) key.remove();
    this.keys = [
      makeKey(`real ${points.classes[points.label]}`, { background: 'var(--d-real)' }),
      makeKey('distilled', { background: 'var(--d-synthetic)' }),
      ...uncoveredKey(scene),
    ];
    this.spring.before(...this.keys);
    const views = /** @type {View[]} */ (Object.keys(points.xy));
    this.views.offer(
      views.map((view) => [view, VIEWS[view]]),
      VIEW_TITLES,
    );
    /** @type {Paint[]} */
    const paints = points.modes ? ['plain', 'mode', 'distance'] : ['plain', 'distance'];
    this.paints.offer(
      paints.map((paint) => [paint, paint]),
      PAINT_TITLES,
    );
    this.views.show(look.view);
    this.paints.show(look.paint);
    const trust = points.trust[look.view] ?? '–';
    this.how.textContent = `${layoutWords(scene)} · trustworthiness ${trust}`;
    this.drawField(scene);
  }

  /** @param {Scene} scene */
  drawField({ look, standing }) {
    press(this.witness, look.witness);
    this.scale.hidden = !(look.witness && standing);
  }
}

/** @param {Scene} scene */
function layoutWords({ points, look }) {
  const n = count((look.view === 'class' ? points.rows : points.labels).length);
  if (look.view === 'pca')
    return `the first two principal components of the latents of ${n} real images`;
  const made = 'distilled ones lie among their nearest real neighbours';
  return `UMAP of the latents of ${n} real images; ${made}`;
}

/** What the field means. In a corner of the map it moves nothing when it comes and goes. */
function makeScale() {
  const scale = make('div', 'd-scale');
  const row = make('div');
  row.append(make('b', '', 'too much'), make('i'), make('b', '', 'missed'));
  scale.append(row, make('div', '', FIELD));
  return scale;
}

/**
 * @param {string} text
 * @param {Partial<CSSStyleDeclaration>} style of its dot
 */
function makeKey(text, style) {
  const key = make('span');
  const dot = key.appendChild(make('span', 'd-dot'));
  Object.assign(dot.style, style);
  key.append(text);
  return key;
}

/**
 * How many real images are not covered; a click goes through them, the least covered first.
 * @param {Scene} scene
 */
function uncoveredKey({ points, standing }) {
  if (!standing) return [];
  const missed = uncovered(points, standing);
  const key = makeKey(`not covered (${missed.length})`, { border: '1.5px solid var(--d-bad)' });
  if (!missed.length) return [key];
  const button = makeButton('d-link d-uncovered', '', () =>
    choose([], { rows: farthestFirst(missed, points, standing) }),
  );
  button.title = 'show them, the farthest beyond reach first';
  button.append(...key.childNodes);
  return [button];
}
