// A field of values beneath the map's points: blue where real images are missed, amber where too
// many were made. Plotly draws heat maps above its WebGL points, so this is a canvas of its own
// behind the plot. It follows the axes, and takes no hover and no click.
import { make, numbers, colour } from './state.js';

export function makeField(plot) {
  const canvas = make('canvas', 'd-field');
  canvas.setAttribute('aria-hidden', 'true');
  plot.before(canvas);
  const [FULL, STRONGEST, LINE] = [128, 0.6, 0.85]; // value of full colour; opacities
  const CHANCE = 64; // the value that random real sets seldom exceed
  let field = null;

  // Cubic interpolation (Catmull and Rom) of `count` values to each of the wanted positions.
  function taps(positions, count) {
    return positions.map((position) => {
      const first = Math.floor(position), u = position - first;
      const weights = [
        ((2 - u) * u - 1) * u / 2, ((3 * u - 5) * u * u + 2) / 2,
        ((4 - 3 * u) * u + 1) * u / 2, (u - 1) * u * u / 2];
      return weights.map((weight, k) => {
        const index = first - 1 + k;
        return [Math.max(0, Math.min(count - 1, index)), index < -1 || index > count ? 0 : weight];
      });
    });
  }

  // The position, in cells of the grid, of every pixel along an axis.
  function cells({ range }, pixels, low, high, count) {
    return Array.from({ length: pixels }, (_, k) => {
      const place = range[0] + ((k + 0.5) / pixels) * (range[1] - range[0]);
      return ((place - low) / (high - low)) * count - 0.5;
    });
  }

  function interpolate(width, height, { xaxis, yaxis }) {
    const { values, columns, rows, box } = field;
    const across = taps(cells(xaxis, width, box[0], box[1], columns), columns);
    const down = taps(cells(yaxis, height, box[2], box[3], rows).reverse(), rows);
    const wide = new Float32Array(rows * width);
    for (let r = 0; r < rows; r++)
      across.forEach((four, x) => {
        for (const [c, weight] of four) wide[r * width + x] += weight * values[r * columns + c];
      });
    const shown = new Float32Array(width * height);
    down.forEach((four, y) => {
      for (const [r, weight] of four)
        if (weight) for (let x = 0; x < width; x++) shown[y * width + x] += weight * wide[r * width + x];
    });
    return shown;
  }

  const rgb = (name) => colour(name).match(/\w\w/g).map((pair) => parseInt(pair, 16));

  function colours(shown, width, height, ratio) {
    const image = new ImageData(width, height);
    const hues = { missed: rgb('missed'), excess: rgb('excess') };
    for (let i = 0; i < shown.length; i++) {
      const v = shown[i], size = Math.abs(v);
      if (size < 1) continue;
      const slope = Math.hypot(v - (shown[i + 1] ?? v), v - (shown[i + width] ?? v));
      const off = Math.abs(size - CHANCE) / Math.max(slope, 1e-3) / ratio; // from the line, CSS pixels
      const fill = STRONGEST * Math.min(1, size / FULL);
      const line = LINE * Math.max(0, Math.min(1, 1.1 - off));
      image.data.set(v > 0 ? hues.missed : hues.excess, 4 * i);
      image.data[4 * i + 3] = 255 * Math.max(fill, line);
    }
    return image;
  }

  let waiting = false;
  function paint() {
    waiting = false;
    const layout = plot._fullLayout;
    canvas.hidden = !field || !layout?.xaxis;
    if (canvas.hidden) return;
    const { xaxis, yaxis } = layout;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [xaxis._length, yaxis._length].map((length) => Math.max(1, Math.round(length * ratio)));
    Object.assign(canvas, { width, height });
    Object.assign(canvas.style, {
      left: `${plot.offsetLeft + xaxis._offset}px`, top: `${plot.offsetTop + yaxis._offset}px`,
      width: `${xaxis._length}px`, height: `${yaxis._length}px` });
    const shown = interpolate(width, height, layout);
    canvas.getContext('2d').putImageData(colours(shown, width, height, ratio), 0, 0);
  }

  function repaint() {
    if (!waiting) requestAnimationFrame(paint);
    waiting = true;
  }

  function show(given) { // {values, columns, box} or null
    const values = given && numbers(given.values, Int8Array);
    field = given && { ...given, values, rows: values.length / given.columns };
    repaint();
  }

  return { show, repaint };
}
