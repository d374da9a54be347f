// @ts-check
// Drawings as text: SVG that stands by itself, with every colour said and every picture in it.

export const FONT = "Inter, 'DejaVu Sans', system-ui, sans-serif";
const WIDE = 0.56; // of the size of a letter, what a letter takes, about

/**
 * Colours of the page, which the text names one by one.
 * @typedef {object} Ink
 * @property {string} panel
 * @property {string} ink
 * @property {string} muted
 */

/**
 * Text as it stands in XML and HTML.
 * @param {string | number} words
 */
export function escaped(words) {
  /** @type {Record<string, string>} */
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(words)
    .replace(/[&<>"']/g, (letter) => entities[letter])
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
}

/**
 * A whole drawing.
 * @param {{ width: number, height: number, ground: string, title: string }} frame
 * @param {readonly string[]} parts
 */
export function svgOf({ width, height, ground, title }, parts) {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
      `width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${escaped(FONT)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${w}" height="${h}" fill="${escaped(ground)}"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/**
 * A line of words.
 * @param {number} x
 * @param {number} y of its ground line
 * @param {string} words
 * @param {{ size?: number, colour: string, bold?: boolean }} look
 */
export function lineOf(x, y, words, { size = 12, colour, bold = false }) {
  const weight = bold ? ' font-weight="600"' : '';
  const place = `x="${round(x)}" y="${round(y)}" font-size="${size}"`;
  return `<text ${place} fill="${escaped(colour)}"${weight}>${escaped(words)}</text>`;
}

/**
 * Words broken into lines of a width.
 * @param {string} words
 * @param {number} width in pixels
 * @param {number} size of the letters
 */
export function broken(words, width, size) {
  const most = Math.max(8, Math.floor(width / (size * WIDE)));
  /** @type {string[]} */
  const lines = [];
  // What is longer than a line, such as a link, is cut.
  const pieces = words
    .split(/\s+/)
    .flatMap((word) => word.match(new RegExp(`.{1,${most}}`, 'gu')) ?? []);
  for (const word of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * Lines of words beneath each other, and how far down they reach.
 * @param {{ x: number, y: number, width: number }} at
 * @param {readonly string[]} paragraphs
 * @param {{ size?: number, colour: string, bold?: boolean }} look
 * @returns {{ parts: string[], bottom: number }}
 */
export function paragraphsOf({ x, y, width }, paragraphs, look) {
  const size = look.size ?? 12;
  const lines = paragraphs.flatMap((words) => broken(words, width, size));
  const parts = lines.map((words, k) => lineOf(x, y + size * (1 + 1.45 * k), words, look));
  return { parts, bottom: y + size * 1.45 * lines.length };
}

/**
 * One image of a contact sheet, as a part of a drawing that holds the sheet once, under an id.
 * @param {string} id
 * @param {{ x: number, y: number, side: number }} at
 * @param {{ columns: number, rows: number, column: number, row: number }} place
 */
export function tileOf(id, { x, y, side }, { columns, rows, column, row }) {
  return (
    `<svg x="${round(x)}" y="${round(y)}" width="${round(side)}" height="${round(side)}" ` +
    `viewBox="${column * 100} ${row * 100} 100 100" overflow="hidden">` +
    `<use href="#${id}" width="${columns * 100}" height="${rows * 100}"/></svg>`
  );
}

/**
 * A contact sheet to take images from.
 * @param {string} id
 * @param {string} uri of the sheet
 * @param {{ columns: number, rows: number }} size in images
 */
export function sheetOf(id, uri, { columns, rows }) {
  return (
    `<defs><image id="${id}" href="${escaped(uri)}" width="${columns * 100}" ` +
    `height="${rows * 100}" preserveAspectRatio="none" image-rendering="optimizeQuality"/></defs>`
  );
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
