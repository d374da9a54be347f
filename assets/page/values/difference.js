// @ts-check
// The difference of two images.

const GAIN = 2; // so that small differences can be seen

/**
 * How far two images are from each other, pixel by pixel: the pixels to show, opaque, and the
 * mean in percent of the whole range.
 * @param {Uint8ClampedArray} a red, green, blue and opacity of each pixel
 * @param {Uint8ClampedArray} b as many
 */
export function difference(a, b) {
  const pixels = new Uint8ClampedArray(a.length);
  let sum = 0;
  for (let i = 0; i < a.length; i += 4) {
    for (let c = 0; c < 3; c++) {
      const away = Math.abs(a[i + c] - b[i + c]);
      sum += away;
      pixels[i + c] = GAIN * away;
    }
    pixels[i + 3] = 255;
  }
  return { pixels, mean: (100 * sum) / (255 * 3 * (a.length / 4)) };
}

/**
 * Which of a film's frames is shown at a part of the way to the last.
 * @param {number} at from 0 to 1
 * @param {number} frames
 */
export const frameAt = (at, frames) => Math.round(at * (frames - 1));
