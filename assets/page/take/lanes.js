// @ts-check
// On Compare: what can be taken along of the comparison that is shown.

/** @import { Component } from '../page.js' */
/** @import { Lineup, Menu as Offer, Parcel, Refusal, Texts } from '../payloads.d.ts' */

import { on } from '../bus.js';
import { queryOf, setting, settingsOf, titleOf } from '../compare/lineup.js';
import { look } from '../compare/look.js';
import { PATHS } from '../compare/marks.js';
import { picturesOf, runOf, state } from '../compare/results.js';
import { colour } from '../draw/colour.js';
import { find } from '../draw/element.js';
import { address, answerTo, linkTo } from './answer.js';
import { Menu } from './menu.js';
import { mapSvg, matrixSvg } from './plate.js';
import { inkNow, plotOf, viewOf, wordsOf } from './plot.js';
import { reportOf } from './report.js';
import { fileName, save, saveDrawing, saveParcel } from './save.js';

/**
 * What the server is asked for.
 * @typedef {object} Server
 * @property {(query: Record<string, string>, address: string) => Promise<Texts | Refusal>
 *   } lane_texts
 * @property {(query: Record<string, string>) => Promise<Parcel | Refusal>} packed_lanes
 * @property {(query: Record<string, string>, view: string) => Promise<Parcel | Refusal>
 *   } atlas_of_lanes
 */

const COLUMNS = 'Each column begins with the same noise, but where a lane says otherwise.';

/**
 * What is compared now.
 * @returns {{ lineup: Lineup, menu: Offer, query: Record<string, string> }}
 */
function compared() {
  const { lineup, menu } = setting;
  if (!lineup || !menu) throw new Error('The comparison is not there yet. Wait a moment.');
  return { lineup, menu, query: queryOf(lineup, menu) };
}

/** The words around each picture. */
function wordsNow() {
  const { lineup, menu, query } = compared();
  const data = menu.datasets.find(({ name }) => name === lineup.dataset);
  return {
    name: fileName(`${lineup.dataset}-${query.classes}`),
    title: `${data?.title ?? lineup.dataset} · ${query.classes}: methods beside each other`,
    settings: [`${lineup.ipc} images · ${lineup.steps} steps · seed ${lineup.seed}`],
    link: linkTo(query),
  };
}

function drawMatrix() {
  const { title, settings, link } = wordsNow();
  const lanes = compared().lineup.lanes.map((lane) => {
    const run = picturesOf(lane.slot);
    return {
      mark: PATHS[lane.slot],
      colour: colour(`lane-${lane.slot}`),
      name: titleOf(lane),
      settings: settingsOf(lane),
      images: run?.sheet ? { sheet: run.sheet, n: run.n, columns: run.columns } : null,
    };
  });
  return matrixSvg({ title, settings, notes: [COLUMNS, link] }, lanes, inkNow());
}

async function drawMap() {
  const { title, settings, link } = wordsNow();
  const root = find(document, '#lane-map');
  const { plot, field } = await plotOf(root);
  const shown = compared().lineup.lanes.filter(({ slot }) => !look.hidden.has(slot));
  const keys = [
    { colour: colour('real'), words: `real ${compared().query.classes}` },
    ...shown.map((lane) => ({
      colour: colour(`lane-${lane.slot}`),
      words: titleOf(lane),
      mark: PATHS[lane.slot],
    })),
  ];
  const notes = [wordsOf(root, '.d-status'), link];
  return mapSvg({ title, settings, notes }, keys, plot, field, inkNow());
}

/** @param {Server} server */
async function drawReport(server) {
  const { title, settings, link } = wordsNow();
  const { lineup, query } = compared();
  const lanes = lineup.lanes.map((lane) => ({
    name: titleOf(lane),
    settings: settingsOf(lane),
    scores: runOf(lane.slot)?.scores ?? [],
    real: state.told?.begins[lane.slot] === 'real',
  }));
  if (!lanes.some(({ scores }) => scores.length))
    throw new Error('There is nothing to report yet: distil the lanes first.');
  const texts = await answerTo(server.lane_texts(query, address()));
  const pictures = [
    { title: 'The images', svg: drawMatrix() },
    { title: 'The map', svg: await drawMap() },
  ];
  const told = state.told?.words ?? {};
  return reportOf({ title, link, settings, lanes, told, pictures, texts });
}

/** @param {Server} server */
function filesOf(server) {
  const drawn = (/** @type {'png' | 'svg'} */ form) => [
    {
      words: `Matrix (${form.toUpperCase()})`,
      title: 'the images of all lanes with their settings',
      save: () => saveDrawing(`${wordsNow().name}-matrix`, drawMatrix(), form),
    },
    {
      words: `Map (${form.toUpperCase()})`,
      title: 'with its legend and settings',
      save: async () => saveDrawing(`${wordsNow().name}-lanes-map`, await drawMap(), form),
    },
  ];
  return [
    ...drawn('png'),
    ...drawn('svg'),
    {
      words: 'All images (ZIP)',
      title: 'an image folder with a folder for each lane; it opens again on this page',
      save: async () => saveParcel(await answerTo(server.packed_lanes(compared().query))),
    },
    {
      words: 'For Embedding Atlas (JSONL)',
      title: 'the images and the real ones near them: picture, place, neighbours, lane',
      save: async () =>
        saveParcel(await answerTo(server.atlas_of_lanes(compared().query, viewOf('#lane-map')))),
    },
    {
      words: 'Report (HTML)',
      title: 'one file with images, map, scores and sentences; it needs no network',
      save: async () => {
        const page = new Blob([await drawReport(server)], { type: 'text/html' });
        save(`${wordsNow().name}-report.html`, page);
      },
    },
  ];
}

/** @param {Component<null>} component */
export function mount({ element, server: offered }) {
  const server = /** @type {Server} */ (/** @type {unknown} */ (offered));
  const texts = () => answerTo(server.lane_texts(compared().query, address()));
  const menu = new Menu('This comparison', texts, filesOf(server));
  find(element, '.d-take-frame').append(menu.node);
  on('lineup', () => menu.draw());
}
