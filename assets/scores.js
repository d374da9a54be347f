// The scores: each on a line against random real images of the same number, with a verdict.
const { shared, on, make, numbers, choose, colour } = window.distiller;
const root = element.querySelector('.d-scoreboard');
const bar = make('div', 'd-bar');
const lines = make('div', 'd-scores');
const kernel = make('details', 'd-kernel');
root.append(bar, lines, kernel);
let space = 'latents';
const SPACES = { latents: 'in latent space', features: "in a classifier's features" };

const SVG = 'http://www.w3.org/2000/svg';
function shape(parent, tag, attributes) {
  const node = parent.appendChild(document.createElementNS(SVG, tag));
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function format(value) {
  if (value === null) return '–';
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 0.1 || size === 0 ? value.toFixed(2) : value.toFixed(4);
}

function axis(score) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 200 30');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const all = [...score.draws, score.value].filter((v) => v !== null);
  const low = Math.min(...all), high = Math.max(...all), reach = high - low || 1;
  const x = (v) => 10 + (180 * (v - low)) / reach;
  shape(svg, 'line', { class: 'axis', x1: 4, x2: 196, y1: 15, y2: 15 });
  if (score.draws.length) {
    const a = x(Math.max(low, score.mean - 2 * score.spread)), b = x(Math.min(high, score.mean + 2 * score.spread));
    shape(svg, 'rect', { class: 'band', x: a, width: Math.max(b - a, 2), y: 8, height: 14, rx: 5 });
    for (const v of score.draws) shape(svg, 'line', { class: 'tick', x1: x(v), x2: x(v), y1: 10, y2: 20 });
  }
  if (score.value !== null) shape(svg, 'circle', { class: score.grade, cx: x(score.value), cy: 15, r: 6 });
  return svg;
}

function card(score) {
  const box = make('section', 'd-score');
  const head = make('header');
  const value = score.of ? `${format(score.value).replace(/\.0+$/, '')} / ${score.of}` : format(score.value);
  head.append(make('span', '', score.title), make('b', '', score.of ? `${Math.round(score.value)} / ${score.of}` : value));
  box.append(head);
  if (score.draws.length) box.append(axis(score));
  if (score.verdict) box.append(make('p', score.grade, score.verdict));
  if (score.mean !== null) box.append(make('p', '', `random real: ${format(score.mean)} ± ${format(score.spread)}`));
  box.append(make('p', '', score.about));
  return box;
}

function draw() {
  const run = shared.run;
  if (!run || run.live) return;
  const seg = make('span', 'd-seg');
  for (const [key, text] of Object.entries(SPACES)) {
    const button = make('button', '', text);
    button.type = 'button';
    button.setAttribute('aria-pressed', key === space);
    button.addEventListener('click', () => { space = key; draw(); });
    seg.append(button);
  }
  bar.replaceChildren(make('span', '', `Beside 200 random draws of ${run.n} real images`), seg);
  lines.replaceChildren(...run.scores.filter((s) => s.space === space || s.space === 'judge').map(card));
  drawKernel(run);
}

function drawKernel({ kernel: k, n }) {
  const plot = make('div');
  plot.style.height = `${Math.max(150, 60 + 18 * n)}px`;
  const open = kernel.open;
  kernel.replaceChildren(
    make('summary', '', 'Kernel matrix: each distilled image beside every real one'),
    make('p', '', 'Brighter is more alike. Columns are the real images of the class, grouped by the distilled image they are most like: a row without a bright block stands for nothing of its own.'),
    plot);
  const flat = numbers(k.values, Uint8Array);
  const z = Array.from({ length: k.rows }, (_, i) => Array.from(flat.subarray(i * k.columns, (i + 1) * k.columns), (v) => v / 255));
  const heat = () => kernel.open && window.Plotly && window.Plotly.react(plot, [{
    type: 'heatmap', z, colorscale: 'Viridis', zmin: 0, zmax: 1, hovertemplate: '#%{y} and a real image: %{z:.2f}<extra></extra>',
    y: z.map((_, i) => i + 1), colorbar: { thickness: 10, tickfont: { color: colour('muted') } },
  }], {
    margin: { l: 34, r: 0, t: 6, b: 8 }, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
    xaxis: { visible: false }, yaxis: { autorange: 'reversed', dtick: 1, tickfont: { color: colour('muted') }, fixedrange: true },
  }, { displayModeBar: false, responsive: true }).then(() => {
    plot.removeAllListeners?.('plotly_click');
    plot.on('plotly_click', ({ points }) => choose([points[0].y - 1]));
  });
  kernel.ontoggle = heat;
  kernel.open = open;
  heat();
}

on('run', draw);
on('theme', draw);
draw();
