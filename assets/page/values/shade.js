// @ts-check
// The colours of a field: deeper with its size, and a line where it passes what chance reaches.

const CHANCE = 64; // the value that random real sets seldom exceed
const FULL = 128; // the value of the full colour
const STRONGEST = 0.6; // opacity of the full colour
const LINE = 0.85; // opacity of the line

/**
 * Red, green, blue and opacity of every pixel of a field.
 * @param {Float32Array} shown values, row by row
 * @param {number} width in pixels
 * @param {number} ratio pixels to a CSS pixel
 * @param {{ missed: number[], excess: number[] }} hues of values above and below zero
 */
export function coloured(shown, width, ratio, { missed, excess }) {
  const pixels = new Uint8ClampedArray(4 * shown.length);
  for (let i = 0; i < shown.length; i++) {
    const v = shown[i];
    const size = Math.abs(v);
    if (size < 1) continue;
    const slope = Math.hypot(v - (shown[i + 1] ?? v), v - (shown[i + width] ?? v));
    const off = Math.abs(size - CHANCE) / Math.max(slope, 1e-3) / ratio; // CSS pixels from the line
    const fill = STRONGEST * Math.min(1, size / FULL);
    const line = LINE * Math.max(0, Math.min(1, 1.1 - off));
    pixels.set(v > 0 ? missed : excess, 4 * i);
    pixels[4 * i + 3] = 255 * Math.max(fill, line);
  }
  return pixels;
}
