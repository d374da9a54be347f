// @ts-check
// The pictures to take along: the matrix of a comparison and the map, each with its title, legend,
// settings and link.

/** @import { Ink } from './drawing.js' */

import { placeOf } from '../draw/tile.js';
import { lineOf, paragraphsOf, sheetOf, svgOf, tileOf } from './drawing.js';

/**
 * What stands around every picture.
 * @typedef {object} Words
 * @property {string} title
 * @property {readonly string[]} settings lines beneath the title
 * @property {readonly string[]} notes lines at the foot
 */

/**
 * A lane of the matrix.
 * @typedef {object} Strip
 * @property {string} mark the path of its mark, in a square from -8 to 8
 * @property {string} colour
 * @property {string} name
 * @property {string} settings
 * @property {{ sheet: string, n: number, columns: number } | null} images null before any are made
 */

/**
 * What a colour or a mark of the map stands for.
 * @typedef {object} Key
 * @property {string} colour
 * @property {string} words
 * @property {string} [mark] the path of a mark; a dot without one
 */

const EDGE = 18; // pixels around all
const HEAD = 170; // pixels for the names of lanes
const SIDE = 76; // pixels of an image
const GAP = 5;

/**
 * The title and the settings.
 * @param {Words} words
 * @param {number} width
 * @param {Ink} ink
 */
function headOf({ title, settings }, width, { ink, muted }) {
  const at = { x: EDGE, y: EDGE - 4, width: width - 2 * EDGE };
  const first = paragraphsOf(at, [title], { size: 17, colour: ink, bold: true });
  const second = paragraphsOf({ ...at, y: first.bottom }, settings, { colour: muted });
  return { parts: [...first.parts, ...second.parts], bottom: second.bottom + 10 };
}

/**
 * The matrix of a comparison: a row for each lane, a column for each image.
 * @param {Words} words
 * @param {readonly Strip[]} lanes
 * @param {Ink} ink
 */
export function matrixSvg(words, lanes, ink) {
  const n = Math.max(1, ...lanes.map(({ images }) => images?.n ?? 0));
  const width = Math.max(520, 2 * EDGE + HEAD + n * (SIDE + GAP));
  const head = headOf(words, width, ink);
  const parts = [...head.parts];
  for (const [k, lane] of lanes.entries())
    parts.push(...stripOf(lane, k, head.bottom + k * (SIDE + GAP), ink));
  const at = { x: EDGE, y: head.bottom + lanes.length * (SIDE + GAP) + 4, width: width - 2 * EDGE };
  const foot = paragraphsOf(at, words.notes, { size: 11, colour: ink.muted });
  const frame = { width, height: foot.bottom + EDGE, ground: ink.panel, title: words.title };
  return svgOf(frame, [...parts, ...foot.parts]);
}

/**
 * @param {Strip} lane
 * @param {number} k its place
 * @param {number} y
 * @param {Ink} ink
 */
function stripOf({ mark, colour, name, settings, images }, k, y, { ink, muted }) {
  const at = { x: EDGE + 24, y: y + 8, width: HEAD - 30 };
  const title = paragraphsOf(at, [name], { size: 13, colour: ink, bold: true });
  const below = paragraphsOf({ ...at, y: title.bottom }, [settings], { size: 10.5, colour: muted });
  const parts = [
    `<path d="${mark}" fill="${colour}" transform="translate(${EDGE + 9} ${y + 17})"/>`,
    ...title.parts,
    ...below.parts.slice(0, 3),
  ];
  if (!images) return [...parts, lineOf(EDGE + HEAD, y + 20, 'not made yet', { colour: muted })];
  const { sheet, n, columns } = images;
  const rows = Math.ceil(n / columns);
  parts.push(sheetOf(`sheet-${k}`, sheet, { columns, rows }));
  for (let i = 0; i < n; i += 1) {
    const place = { x: EDGE + HEAD + i * (SIDE + GAP), y, side: SIDE };
    parts.push(tileOf(`sheet-${k}`, place, placeOf(i, n, columns)));
  }
  return parts;
}

/**
 * A map: what Plotly drew, and beneath its points the field, if there is one.
 * @param {Words} words
 * @param {readonly Key[]} keys
 * @param {{ svg: string, width: number, height: number }} plot
 * @param {{ uri: string, x: number, y: number, width: number, height: number } | null} field
 * @param {Ink} ink
 */
export function mapSvg(words, keys, plot, field, ink) {
  const width = plot.width + 2 * EDGE;
  const head = headOf(words, width, ink);
  const legend = legendOf(keys, head.bottom, width, ink);
  const parts = [...head.parts, ...legend.parts];
  parts.push(`<g transform="translate(${EDGE} ${Math.round(legend.bottom)})">`);
  if (field)
    parts.push(
      `<image href="${field.uri}" x="${field.x}" y="${field.y}" width="${field.width}" ` +
        `height="${field.height}" preserveAspectRatio="none"/>`,
    );
  parts.push(plot.svg, '</g>');
  const at = { x: EDGE, y: legend.bottom + plot.height + 6, width: width - 2 * EDGE };
  const foot = paragraphsOf(at, words.notes, { size: 11, colour: ink.muted });
  const frame = { width, height: foot.bottom + EDGE, ground: ink.panel, title: words.title };
  return svgOf(frame, [...parts, ...foot.parts]);
}

/**
 * @param {readonly Key[]} keys
 * @param {number} top
 * @param {number} width
 * @param {Ink} ink
 */
function legendOf(keys, top, width, { ink }) {
  let [x, y] = [EDGE, top];
  /** @type {string[]} */
  const parts = [];
  for (const { colour, words, mark } of keys) {
    const wide = 24 + words.length * 7;
    if (x + wide > width - EDGE && x > EDGE) [x, y] = [EDGE, y + 20];
    const shape = mark ? `<path d="${mark}" transform="scale(.75)"` : '<circle r="5"';
    parts.push(`<g transform="translate(${x + 6} ${y + 8})">${shape} fill="${colour}"/></g>`);
    parts.push(lineOf(x + 17, y + 12, words, { colour: ink }));
    x += wide;
  }
  return { parts, bottom: y + 24 };
}
