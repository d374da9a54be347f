// @ts-check
// A training on one's own pictures: samples while it trains, and what became of the files.

/** @import { Component } from '../page.js' */
/** @import { Training, TrainingExample } from '../payloads.d.ts' */

import { on, say } from '../bus.js';
import { find, make } from '../draw/element.js';
import { Progress } from '../draw/progress.js';
import { count, timeLeft } from '../values/format.js';
import { makeSpark } from './spark.js';

const ABOUT =
  'A prior of your own pictures: choose a ZIP with a folder of pictures for each class, a dozen ' +
  'a class at least, a hundred better, and press Train. It is meant for half an hour on two free ' +
  'cores; samples appear while it trains, and the first look like solids, from whose prior it ' +
  'starts. It goes on if you close the page. Stop whenever you like: the same name goes on from ' +
  'there. The pictures stay on this machine, where whoever opens this page can use the data set.';
const LAYOUT = `pictures.zip
  cats/   1.jpg  2.jpg  3.jpg  …
  dogs/   1.jpg  2.jpg  3.jpg  …`;
/** @type {Record<string, string>} */
const QUANTITIES = {
  autoencoder: 'autoencoder, dB',
  transformer: 'transformer, loss',
  judge: 'judge, loss',
};

/** What is said of one that is not done. */
const ENDS = {
  stopped: 'stops after this step',
  failed: 'failed',
  ended: 'stopped; Train goes on from here',
};

class Lesson {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.head = make('div', 'd-h');
    this.progress = new Progress();
    this.body = make('div', 'd-lesson-body');
    this.samples = make('figure', 'd-samples');
    this.curves = make('div');
    this.report = make('ul', 'd-report');
    this.done = make('p', 'd-bar');
    this.about = make('div', 'd-lesson-about');
    this.about.append(make('p', 'd-muted d-note', ABOUT), make('pre', '', LAYOUT));
    this.head.setAttribute('role', 'status');
    const side = make('div', 'd-lesson-side');
    side.append(this.done, this.curves, this.report);
    this.body.append(this.samples, side);
    root.append(this.head, this.progress.node, this.body, this.about);
    /** @type {Training | null} */
    this.value = null;
    this.words = ''; // in place of what the training says of itself
  }

  /** @param {TrainingExample} example */
  exemplify({ title, classes, preview }) {
    const figure = make('figure', 'd-samples');
    const caption = `An example: samples of the prior of ${title}, once its training was done.`;
    figure.append(...sheetOf(preview, classes, caption));
    this.about.append(figure);
  }

  /** @param {Training | null} value */
  show(value) {
    if (!value) return;
    if (!value.live || value.id !== this.value?.id) this.words = '';
    this.value = value;
    say('followed', { run: 'train', id: value.id });
    this.draw();
  }

  /**
   * It was stopped or failed, or ended before it was done.
   * @param {string} words
   */
  end(words) {
    if (!this.value?.live) return;
    this.words = words;
    this.draw();
  }

  draw() {
    const { value, words } = this;
    const left = value?.live ? timeLeft(value.left) : '';
    const said = [value?.now ?? '', left].filter(Boolean).join(' · ');
    this.head.replaceChildren(
      make('span', '', value ? value.name : 'your own data set'),
      make('span', words ? 'd-notice' : '', words || said),
    );
    const goesOn = Boolean(value?.live) && (!words || words.startsWith('stops'));
    this.progress.show(value?.progress ?? 0, goesOn);
    this.body.hidden = !value;
    this.about.hidden = Boolean(value);
    if (!value) return;
    this.drawSamples(value);
    this.curves.replaceChildren(...curvesOf(value));
    this.report.replaceChildren(...value.report.map((line) => make('li', '', line.trim())));
    this.done.replaceChildren(...linkTo(value));
    this.done.hidden = !value.made;
  }

  /**
   * A sheet has a row for each class; the names stand beside their rows.
   * @param {Training} value
   */
  drawSamples({ preview, classes, step }) {
    this.samples.hidden = !preview;
    if (!preview || this.samples.querySelector('img')?.src === preview) return;
    const caption = `samples after ${count(Number(step))} steps of the transformer`;
    this.samples.replaceChildren(...sheetOf(preview, classes, caption));
  }
}

/**
 * A sheet of samples, with the names of the classes beside their rows.
 * @param {string} preview
 * @param {readonly string[]} classes
 * @param {string} caption
 */
function sheetOf(preview, classes, caption) {
  const image = make('img');
  image.src = preview;
  image.alt = `${caption} Classes: ${classes.join(', ')}`;
  const names = make('div', 'd-names');
  names.append(...classes.map((name) => make('span', '', name)));
  return [names, image, make('figcaption', 'd-muted', caption)];
}

/**
 * The curve of each stage that has one, with its latest value.
 * @param {Training} value
 */
function curvesOf({ curves }) {
  const drawn = Object.entries(curves).filter(([, points]) => points.length > 1);
  return drawn.map(([stage, points]) => {
    const [, latest] = points[points.length - 1];
    const curve = make('div', 'd-spark');
    curve.append(
      make('span', '', QUANTITIES[stage] ?? stage),
      make('b', '', latest === null ? 'not a number' : latest.toPrecision(3)),
      makeSpark(points),
    );
    return curve;
  });
}

/** @param {Training} value */
function linkTo({ made, title }) {
  if (!made) return [];
  const link = make('a', '', `Explore ${title}`);
  link.href = `?dataset=${encodeURIComponent(made)}`;
  return [link];
}

/** @param {Component<Training>} component */
export async function mount({ element, props, server, watch }) {
  const lesson = new Lesson(find(element, '.d-lesson'));
  on('end', ({ run, how }) => {
    if (run === 'train') lesson.end(ENDS[how]);
  });
  on('theme', () => lesson.draw());
  lesson.draw();
  lesson.show(props.value);
  watch('value', () => lesson.show(props.value));
  const example = /** @type {(nothing: null) => Promise<TrainingExample>} */ (server.finished);
  lesson.exemplify(await example(null));
}
