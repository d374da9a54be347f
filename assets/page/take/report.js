// @ts-check
// A report of a comparison: one HTML file that needs no network. Every picture is in it.

import { short } from '../values/format.js';
import { escaped, FONT } from './drawing.js';

/** @import { Score, Texts } from '../payloads.d.ts' */

/**
 * @typedef {object} Lane
 * @property {string} name
 * @property {string} settings
 * @property {readonly Score[]} scores nothing before it is made
 * @property {boolean} real whether its images are real ones
 */

/**
 * @typedef {object} Report
 * @property {string} title
 * @property {string} link
 * @property {readonly string[]} settings
 * @property {readonly Lane[]} lanes
 * @property {Readonly<Record<string, readonly string[]>>} told sentences by the space of the scores
 * @property {readonly { title: string, svg: string }[]} pictures
 * @property {Pick<Texts, 'command' | 'python'>} texts
 */

/** @type {[string, string][]} */
const SPACES = [
  ['latents', 'in latent space'],
  ['features', "in a classifier's features"],
];
const STYLE = `
  body { font: 15px/1.5 ${FONT}; max-width: 1100px; margin: 32px auto; padding: 0 20px;
    color: #1c2330; background: #fff; }
  h1 { font-size: 26px; } h2 { font-size: 19px; margin-top: 34px; }
  svg { max-width: 100%; height: auto; border: 1px solid #dde2ea; border-radius: 8px; }
  table { border-collapse: collapse; margin: 10px 0; } caption { text-align: left; }
  th, td { text-align: left; vertical-align: top; padding: 5px 18px 5px 0;
    border-top: 1px solid #dde2ea; }
  small { color: #5a6475; display: block; } pre { background: #f3f5f8; padding: 12px;
    overflow-x: auto; border-radius: 8px; } .d-table { overflow-x: auto; }`;

/**
 * The report as a page.
 * @param {Report} report
 */
export function reportOf({ title, link, settings, lanes, told, pictures, texts }) {
  const blocks = [
    `<h1>${escaped(title)}</h1>`,
    `<p>${settings.map(escaped).join('<br>')}</p>`,
    `<p>The same on the page: <a href="${escaped(link)}">${escaped(link)}</a></p>`,
    ...pictures.flatMap(({ title: name, svg }) => [`<h2>${escaped(name)}</h2>`, svg]),
    '<h2>What tells the lanes apart</h2>',
    ...SPACES.flatMap(([space, words]) => toldOf(words, told[space] ?? [])),
    '<h2>Scores</h2>',
    '<p>Each score stands above that of random draws of as many real images, mean and spread. ' +
      'Bold is beyond their spread.</p>',
    ...SPACES.map(([space, words]) => tableOf(space, words, lanes)),
    '<h2>How to make it again</h2>',
    '<p>In a terminal:</p>',
    `<pre>${escaped(texts.command)}</pre>`,
    '<p>In Python:</p>',
    `<pre>${escaped(texts.python)}</pre>`,
  ];
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta http-equiv="Content-Security-Policy" ' +
      `content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    ...blocks,
    '</body></html>',
    '',
  ].join('\n');
}

/**
 * @param {string} words for the space
 * @param {readonly string[]} sentences
 */
function toldOf(words, sentences) {
  if (!sentences.length) return [];
  return [`<h3>${escaped(words)}</h3>`, ...sentences.map((one) => `<p>${escaped(one)}</p>`)];
}

/**
 * @param {string} space
 * @param {string} words for the space
 * @param {readonly Lane[]} lanes
 */
function tableOf(space, words, lanes) {
  const made = lanes.filter(({ scores }) => scores.length);
  const rows = (made[0]?.scores ?? [])
    .filter((score) => score.space === space || score.space === 'judge')
    .map(({ space: where, name, title, about }) => {
      const cells = made.map(({ scores, real }) => {
        const one = scores.find((score) => score.space === where && score.name === name);
        return `<td>${one && !(real && name === 'nearest') ? cellOf(one) : '–'}</td>`;
      });
      const head = `<th scope="row">${escaped(title)}<small>${escaped(about)}</small></th>`;
      return `<tr>${head}${cells.join('')}</tr>`;
    });
  const heads = made.map(
    ({ name, settings }) =>
      `<th scope="col">${escaped(name)}<small>${escaped(settings)}</small></th>`,
  );
  return (
    `<div class="d-table"><table><caption>${escaped(words)}</caption>` +
    `<thead><tr><td></td>${heads.join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>`
  );
}

/** @param {Score} score */
function cellOf({ value, of, unit, mean, spread, grade, verdict }) {
  const text = of && value !== null ? `${Math.round(value)} / ${of}` : short(value) + (unit ?? '');
  const shown = grade === 'like' ? escaped(text) : `<b>${escaped(text)}</b>`;
  const random = mean === null ? '' : `<small>${short(mean)} ± ${short(spread)}</small>`;
  return `${shown}${random}<small>${escaped(verdict)}</small>`;
}
