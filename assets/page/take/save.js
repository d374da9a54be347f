// @ts-check
// Saves what the page made, or was sent, as a file.

/** @import { Parcel } from '../payloads.d.ts' */

import { make } from '../draw/element.js';

const SHARP = 2; // pixels of a PNG for each of the drawing's

/**
 * @param {string} name of the file
 * @param {Blob} content
 */
export function save(name, content) {
  const link = make('a');
  link.href = URL.createObjectURL(content);
  link.download = fileName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it meanwhile
}

/**
 * A name that every system takes.
 * @param {string} name
 */
export const fileName = (name) => name.replace(/[^\p{L}\p{N}.+_-]+/gu, '-').slice(0, 120);

/** @param {Parcel} parcel */
export function saveParcel({ name, kind, content }) {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  save(name, new Blob([bytes], { type: kind }));
}

/**
 * A drawing as a picture of pixels.
 * @param {string} svg
 * @returns {Promise<Blob>}
 */
export async function pngOf(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = make('canvas');
  canvas.width = image.naturalWidth * SHARP;
  canvas.height = image.naturalHeight * SHARP;
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('this browser draws no pictures');
  pen.scale(SHARP, SHARP);
  pen.drawImage(image, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))),
      'image/png',
    );
  });
}

/**
 * Saves a drawing as SVG or as PNG.
 * @param {string} name without its ending
 * @param {string} svg
 * @param {'svg' | 'png'} form
 */
export async function saveDrawing(name, svg, form) {
  const content = form === 'png' ? await pngOf(svg) : new Blob([svg], { type: 'image/svg+xml' });
  save(`${name}.${form}`, content);
}
