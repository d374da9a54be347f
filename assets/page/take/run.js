// @ts-check
// On Explore: what can be taken along of the run that is shown.

/** @import { Component } from '../page.js' */
/** @import { Parcel, Refusal, Run, Texts } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { colour } from '../draw/colour.js';
import { find } from '../draw/element.js';
import { shared } from '../state.js';
import { address, answerTo, linkTo } from './answer.js';
import { Menu } from './menu.js';
import { mapSvg } from './plate.js';
import { inkNow, plotOf, viewOf, wordsOf } from './plot.js';
import { saveDrawing, saveParcel } from './save.js';

/**
 * What the server is asked for.
 * @typedef {object} Server
 * @property {(query: Run['query'], address: string) => Promise<Texts | Refusal>} run_texts
 * @property {(asked: object) => Promise<Parcel | Refusal>} packed_run
 */

/** A ring, in a square from -8 to 8. */
const RING = 'M-7 0A7 7 0 1 0 7 0A7 7 0 1 0-7 0ZM-5 0A5 5 0 1 1 5 0A5 5 0 1 1-5 0Z';
const MOVED = 'A dial was moved during this run: these texts have its last settings all the way.';

/** The run that is shown. */
function shownRun() {
  const { finished, run } = shared;
  if (!finished || run?.live) throw new Error('Wait until the run is done.');
  return finished;
}

/** @param {Server} server */
async function textsOf(server) {
  const run = shownRun();
  const texts = await answerTo(server.run_texts(run.query, address()));
  return run.moved ? { ...texts, warning: `${MOVED} ${texts.warning}`.trim() } : texts;
}

/** @param {'svg' | 'png'} form */
async function saveMap(form) {
  const run = shownRun();
  const root = find(document, '#map');
  const { plot, field } = await plotOf(root);
  const keys = [
    { colour: colour('real'), words: `real ${run.class}` },
    { colour: colour('synthetic'), words: `distilled, numbered from 1 to ${run.n}` },
    { colour: colour('bad'), words: 'real images that are not covered', mark: RING },
  ];
  const missed = 'Blue beneath the points: real images are missed; amber: too many were made.';
  const words = {
    title: `${run.dataset} · ${run.class}: ${run.n} distilled images among real ones`,
    settings: run.status,
    notes: [wordsOf(root, '.d-how'), ...(field ? [missed] : []), linkTo(run.query)],
  };
  await saveDrawing(`${nameOf(run)}-map`, mapSvg(words, keys, plot, field, inkNow()), form);
}

/** @param {Run} run */
const nameOf = (run) => `${run.dataset}-${run.class}-${run.query.method}`;

/**
 * @param {Server} server
 * @param {object} what
 */
async function savePacked(server, what) {
  const { id, query } = shownRun();
  saveParcel(await answerTo(server.packed_run({ id: id ?? null, query, ...what })));
}

/** @param {Component<null>} component */
export function mount({ element, server: offered }) {
  const server = /** @type {Server} */ (/** @type {unknown} */ (offered));
  const menu = new Menu('This run', () => textsOf(server), [
    {
      words: 'Selected images (ZIP)',
      title: 'an image folder with what is known of each image; it opens again on this page',
      save: () => savePacked(server, { kind: 'selection', numbers: [...shared.chosen] }),
    },
    { words: 'Map (PNG)', title: 'with its legend and settings', save: () => saveMap('png') },
    { words: 'Map (SVG)', title: 'with its legend and settings', save: () => saveMap('svg') },
    {
      words: 'For Embedding Atlas (JSONL)',
      title: 'the images and the real ones near them: picture, place, neighbours, class',
      save: () => savePacked(server, { kind: 'atlas', view: viewOf('#map') }),
    },
  ]);
  find(element, '.d-take-frame').append(menu.node);
  on('run', (run) => {
    if (run && !run.live) menu.draw();
  });
}
