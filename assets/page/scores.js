// The scores: each on a line against random real images of the same number, with a verdict.
import { shared, on, make, numbers, choose, colour } from './state.js';

export function mount({ element, props, watch }) {
  const root = element.querySelector('.d-scoreboard');
  const bar = make('div', 'd-bar');
  const lines = make('div', 'd-scores');
  const frame = make('details', 'd-kernel d-frame');
  const kernel = make('details', 'd-kernel');
  root.append(bar, lines, frame, kernel);
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

  // Positions are in percent, so that nothing is stretched when the card is.
  function axis(score) {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('aria-hidden', 'true');
    const all = [...score.draws, score.value].filter((v) => v !== null);
    const low = Math.min(...all), high = Math.max(...all), reach = high - low || 1;
    const at = (v) => 4 + (92 * (v - low)) / reach;
    const x = (v) => `${at(v)}%`;
    shape(svg, 'line', { class: 'axis', x1: '1%', x2: '99%', y1: 15, y2: 15 });
    if (score.draws.length) {
      const a = Math.max(low, score.mean - 2 * score.spread), b = Math.min(high, score.mean + 2 * score.spread);
      shape(svg, 'rect', { class: 'band', x: x(a), width: `${Math.max(at(b) - at(a), 1)}%`, y: 8, height: 14, rx: 5 });
      for (const v of score.draws) shape(svg, 'line', { class: 'tick', x1: x(v), x2: x(v), y1: 11, y2: 19 });
    }
    if (score.value !== null) shape(svg, 'circle', { class: score.grade, cx: x(score.value), cy: 15, r: 6 });
    return svg;
  }

  const WIDTHS = { mmd2_half: 'at half the bandwidth', mmd2_double: 'at twice the bandwidth' };

  function card(score, all) {
    const box = make('section', 'd-score');
    const head = make('header');
    const value = score.of ? `${Math.round(score.value)} / ${score.of}` : format(score.value) + (score.unit ?? '');
    head.append(make('span', '', score.title), make('b', '', value));
    box.append(head);
    if (score.draws.length) box.append(axis(score));
    if (score.verdict) box.append(make('p', score.grade, score.verdict));
    if (score.mean !== null) box.append(make('p', '', `random real: ${format(score.mean)} ± ${format(score.spread)}`));
    if (score.name === 'mmd2')
      for (const other of all.filter((s) => s.name in WIDTHS)) {
        const row = make('p', '', `${WIDTHS[other.name]}: ${format(other.value)}, `);
        row.append(make('span', other.grade, other.verdict));
        box.append(row);
      }
    box.append(make('p', 'd-about', score.about));
    return box;
  }

  function draw() {
    const run = shared.run;
    root.classList.toggle('d-stale', Boolean(run?.live));
    if (!run || run.live) return;
    const seg = make('span', 'd-seg');
    for (const [key, text] of Object.entries(SPACES)) {
      const button = make('button', '', text);
      button.type = 'button';
      button.setAttribute('aria-pressed', key === space);
      button.addEventListener('click', () => {
        space = key;
        draw();
        bar.querySelector('[aria-pressed=true]').focus(); // it was made anew
      });
      seg.append(button);
    }
    bar.replaceChildren(make('span', '', `Beside 200 random draws of ${run.n} real images`), seg);
    const all = run.scores.filter((s) => s.space === space || s.space === 'judge');
    lines.replaceChildren(...all.filter((s) => !(s.name in WIDTHS)).map((score) => card(score, all)));
    drawFrame(run);
    drawKernel(run);
  }

  // Every discrepancy: it comes after the run, with the run's id, or lies in a shipped run.
  function drawFrame(run) {
    const late = props.value?.id && props.value.id === run.id ? props.value.rows : null;
    const rows = run.discrepancies ?? late;
    const open = frame.open;
    frame.replaceChildren(
      make('summary', '', 'Every discrepancy between the set and the class'),
      make('p', '', 'Half of the class is the reference; beside the set, 50 random draws of as many images of the other half. Hover over a name for what it measures.'));
    frame.open = open;
    if (!rows) { frame.append(make('p', '', run.id ? 'Being measured …' : '')); return; }
    const table = frame.appendChild(make('table'));
    const head = table.appendChild(make('thead')).appendChild(make('tr'));
    head.append(...['', 'this set', 'random real', ''].map((text) => make('th', '', text)));
    const body = table.appendChild(make('tbody'));
    for (const row of rows.filter((r) => r.space === space)) {
      const tr = body.appendChild(make('tr'));
      const title = make('th', '', row.title);
      title.scope = 'row';
      title.title = row.about;
      const beside = row.mean === null ? '' : `${format(row.mean)} ± ${format(row.spread)}`;
      tr.append(title, make('td', row.grade, format(row.value)), make('td', '', beside), make('td', row.grade, row.verdict));
    }
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
  watch('value', () => shared.run && !shared.run.live && drawFrame(shared.run));
  draw();
}
