// A training on one's own pictures: samples while it trains, and what became of the files.
import { on, make, colour } from './state.js';

export function mount({ element, props, watch }) {
  const root = element.querySelector('.d-lesson');
  const head = make('div', 'd-h');
  const progress = make('div', 'd-progress');
  const bar = progress.appendChild(make('i'));
  const body = make('div', 'd-lesson-body');
  const samples = make('figure', 'd-samples');
  const side = make('div', 'd-lesson-side');
  const curves = make('div');
  const report = make('ul', 'd-report');
  const done = make('p', 'd-bar');
  const about = make('p', 'd-muted d-note',
    'A prior of your own pictures: choose a ZIP with a folder of pictures for each class, a dozen a class at least, a hundred better, and press Train. It is meant for half an hour on two free cores; samples appear while it trains, and the first look like solids, from whose prior it starts. Stop whenever you like: the same name goes on from there. The pictures stay on this machine, where whoever opens this page can use the data set.');
  head.setAttribute('role', 'status');
  side.append(done, curves, report);
  body.append(samples, side);
  root.append(head, progress, body, about);

  const QUANTITY = { autoencoder: 'autoencoder, dB', transformer: 'transformer, loss', judge: 'judge, loss' };
  let value = null;
  let words = ''; // in place of what the training says of itself

  function duration(seconds) {
    if (seconds == null) return '';
    if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s left`;
    return seconds < 5400 ? `about ${Math.round(seconds / 60)} min left` : `about ${(seconds / 3600).toFixed(1)} h left`;
  }

  function show(next) {
    if (!next) return;
    if (!next.live || next.id !== value?.id) words = '';
    value = next;
    draw();
  }

  function draw() {
    const said = [value?.now, value?.live ? duration(value.left) : ''].filter(Boolean).join(' · ');
    head.replaceChildren(
      make('span', '', value ? value.name : 'your own data set'),
      make('span', words ? 'd-notice' : '', words || said));
    progress.style.visibility = value?.live && (!words || words.startsWith('stops')) ? 'visible' : 'hidden';
    bar.style.width = `${100 * (value?.progress ?? 0)}%`;
    body.hidden = !value;
    about.hidden = Boolean(value);
    if (!value) return;
    drawSamples();
    drawCurves();
    report.replaceChildren(...value.report.map((line) => make('li', '', line.trim())));
    done.hidden = !value.made;
    if (value.made) {
      const link = make('a', '', `Explore ${value.title}`);
      link.href = `?dataset=${encodeURIComponent(value.made)}`;
      done.replaceChildren(link);
    }
  }

  // A sheet has a row for each class; the names stand beside their rows.
  function drawSamples() {
    samples.hidden = !value.preview;
    if (!value.preview) return;
    if (samples.querySelector('img')?.src !== value.preview) {
      const image = make('img');
      image.src = value.preview;
      image.alt = `samples of ${value.classes.join(', ')} after ${value.step} steps`;
      const names = make('div', 'd-names');
      names.append(...value.classes.map((name) => make('span', '', name)));
      samples.replaceChildren(names, image, make('figcaption', 'd-muted', `samples after ${Number(value.step).toLocaleString('en')} steps of the transformer`));
    }
  }

  function drawCurves() {
    curves.replaceChildren(...Object.entries(value.curves).filter(([, points]) => points.length > 1).map(([stage, points]) => {
      const node = make('div', 'd-spark');
      node.append(make('span', '', QUANTITY[stage] ?? stage), make('b', '', points.at(-1)[1]?.toPrecision(3) ?? 'not a number'));
      node.append(spark(points));
      return node;
    }));
  }

  function spark(points) {
    const NS = 'http://www.w3.org/2000/svg';
    const [w, h] = [240, 44];
    const ys = points.map((p) => p[1]);
    const [low, high, last] = [Math.min(...ys), Math.max(...ys), points.at(-1)[0]];
    const at = points.map(([x, y]) => `${(w * x) / last},${h - 2 - ((h - 4) * (y - low)) / (high - low || 1)}`);
    const svg = document.createElementNS(NS, 'svg');
    svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    const line = document.createElementNS(NS, 'polyline');
    line.setAttribute('points', at.join(' '));
    line.setAttribute('fill', 'none');
    line.setAttribute('stroke', colour('accent'));
    line.setAttribute('vector-effect', 'non-scaling-stroke');
    svg.append(line);
    return svg;
  }

  on('rest', (what) => {
    if (!value?.live) return;
    words = what;
    draw();
  });
  on('theme', draw);
  show(props.value);
  if (!value) draw();
  watch('value', () => show(props.value));
}
