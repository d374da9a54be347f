// @ts-check
// The pixels of images that lie on a sheet.

/** @import { Run } from '../payloads.d.ts' */

import { make } from '../draw/element.js';
import { placeOf } from '../draw/tile.js';

/** @type {WeakMap<Run, Promise<ImageData[]>>} */
const known = new WeakMap();

/**
 * The images of a run, pixel by pixel.
 * @param {Run} run
 */
export function pixelsOf(run) {
  const found = known.get(run) ?? read(run);
  known.set(run, found);
  return found;
}

/** @param {Run} run */
async function read({ sheet, n, columns }) {
  const image = make('img');
  image.src = sheet;
  await image.decode();
  const canvas = make('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('images cannot be drawn here');
  context.drawImage(image, 0, 0);
  const { rows } = placeOf(0, n, columns);
  const [width, height] = [canvas.width / columns, canvas.height / rows];
  return Array.from({ length: n }, (_, i) => {
    const { column, row } = placeOf(i, n, columns);
    return context.getImageData(column * width, row * height, width, height);
  });
}
