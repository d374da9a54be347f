// The map: real images as points, the class in front, the distilled images numbered on top.
// Nothing of it is redrawn when a selection changes, so zoom and pan stay as they are.
const { shared, on, choose, make, numbers, tile, colour } = window.distiller;
const root = element.querySelector('.d-map');
const bar = make('div', 'd-bar');
const plot = make('div', 'd-plot');
const card = make('div', 'd-card');
const picked = make('div', 'd-picked');
const note = make('div', 'd-status');
card.hidden = true;
root.append(bar, plot, card, picked, note);

const TITLES = { mode: 'coloured by known mode', distance: 'coloured by the distance to the nearest distilled image',
  plain: 'one colour', class: 'a map of this class alone', umap: 'a map of the whole data set', pca: 'the first two principal components' };
const VIEWS = { class: 'UMAP', umap: 'all classes', pca: 'PCA' };
const look = { view: 'class', paint: 'plain' };
const cache = new Map(); // real images fetched so far, by row
let base = null; // the decoded value: {dataset, label, classes, labels, modes, xy, rows}
const [OTHER, REAL, UNCOVERED, LINES, MADE] = [0, 1, 2, 3, 4];

function decode(value) {
  const labels = numbers(value.labels, Uint16Array);
  const xy = {};
  for (const [view, { xy: text, scale }] of Object.entries(value.views)) {
    const whole = numbers(text, Int16Array);
    xy[view] = [new Float32Array(labels.length), new Float32Array(labels.length)];
    for (let i = 0; i < labels.length; i++) {
      xy[view][0][i] = whole[2 * i] / scale;
      xy[view][1][i] = whole[2 * i + 1] / scale;
    }
  }
  const rows = [], others = [];
  labels.forEach((label, i) => (label === value.label ? rows : others).push(i));
  const modes = value.modes && numbers(value.modes, Uint16Array);
  return { ...value, labels, modes, xy, rows, others };
}

const run = () =>
  shared.run && base && shared.run.label === base.label && (shared.run.dataset ?? base.dataset) === base.dataset
    ? shared.run : null;

const at = (rows) => {
  const [x, y] = base.xy[look.view];
  return { x: rows.map((i) => x[i]), y: rows.map((i) => y[i]) };
};

function uncovered() {
  const now = run();
  if (!now || now.live) return [];
  const bits = numbers(now.uncovered, Uint8Array);
  return base.rows.filter((_, k) => bits[k >> 3] & (128 >> (k & 7)));
}

function paint() {
  const now = run();
  if (look.paint === 'mode' && base.modes)
    return { color: base.rows.map((i) => base.modes[i]), colorscale: 'Portland', cmin: 0, cmax: Math.max(...base.modes) };
  if (look.paint === 'distance' && now && !now.live)
    return { color: [...numbers(now.away, Uint8Array)], colorscale: 'Viridis', reversescale: true, cmin: 0, cmax: 255 };
  return { color: colour('real') };
}

function made() {
  const now = run();
  const points = now?.points?.[look.view] ?? [];
  return { x: points.map((p) => p[0]), y: points.map((p) => p[1]), text: points.map((_, i) => String(i + 1)) };
}

function lines() {
  const now = run();
  const x = [], y = [];
  if (now && !now.live)
    now.nearest.rows.forEach((row, i) => {
      const [px, py] = now.points[look.view][i];
      x.push(px, base.xy[look.view][0][row], null);
      y.push(py, base.xy[look.view][1][row], null);
    });
  return { x, y };
}

function draw() {
  if (!base || !window.Plotly) return;
  const flat = { mode: 'markers', hoverinfo: 'none', showlegend: false };
  const rings = uncovered();
  const faded = { marker: { opacity: 0.12 } };
  const traces = [
    { ...flat, type: 'scattergl', ...at(look.view === 'class' ? [] : base.others), marker: { size: 3, color: colour('other') }, selected: faded, unselected: faded },
    { ...flat, type: 'scattergl', ...at(base.rows), marker: { size: 5, opacity: 0.8, ...paint() }, unselected: faded },
    { ...flat, type: 'scattergl', ...at(rings), hoverinfo: 'skip', marker: { size: 8, symbol: 'circle-open', color: colour('bad'), opacity: 0.75, line: { width: 1 } }, unselected: { marker: { opacity: 0.3 } } },
    { ...flat, type: 'scatter', mode: 'lines', ...lines(), hoverinfo: 'skip', line: { width: 1, color: colour('synthetic') }, opacity: 0.5 },
    { ...flat, type: 'scatter', mode: 'markers+text', ...made(), textfont: { size: 9.5, color: document.querySelector('.dark') ? '#12151c' : '#fff' }, marker: { size: 17, color: colour('synthetic'), line: { width: 2, color: colour('panel') } }, unselected: { marker: { opacity: 0.25 } } },
  ];
  const axis = { visible: false, zeroline: false };
  const layout = {
    margin: { l: 0, r: 0, t: 4, b: 4 }, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
    xaxis: axis, yaxis: { ...axis, scaleanchor: 'x' }, dragmode: 'pan', hovermode: 'closest', hoverdistance: 12,
    uirevision: look.view === 'class' ? `${base.dataset}/${base.label}` : `${base.dataset}/${look.view}`, showlegend: false,
    selectionrevision: `${base.dataset}/${look.view}/${base.label}`,
  };
  const config = { displaylogo: false, responsive: true, scrollZoom: true,
    modeBarButtonsToRemove: ['toImage', 'autoScale2d', 'zoomIn2d', 'zoomOut2d'],
    modeBarButtonsToAdd: ['lasso2d', 'select2d'] };
  window.Plotly.react(plot, traces, layout, config).then(listen);
  drawBar(rings.length);
  mark(null);
}

let listening = false;
function listen() {
  if (listening) return;
  listening = true;
  plot.on('plotly_hover', ({ points }) => hover(points[0]));
  plot.on('plotly_unhover', () => { card.hidden = true; });
  plot.on('plotly_click', ({ points, event }) => {
    const point = points[0];
    if (point.curveNumber === MADE) choose([point.pointIndex], { add: event.shiftKey });
    else choose([], { rows: [rowOf(point)] });
  });
  plot.on('plotly_selected', (event) => {
    if (!event) return;
    choose(event.points.filter((p) => p.curveNumber === MADE).map((p) => p.pointIndex),
      { rows: event.points.filter((p) => p.curveNumber === REAL).map(rowOf) });
  });
  plot.on('plotly_deselect', () => choose([]));
}

const rowOf = (point) => (point.curveNumber === REAL ? base.rows : point.curveNumber === UNCOVERED ? uncovered() : base.others)[point.pointIndex];

// Greys what is not chosen. Rows are real images; without them, those nearest to the chosen.
function mark(rows) {
  const chosen = [...shared.chosen];
  const beside = new Set(rows ?? chosen.map((i) => run()?.nearest?.rows[i]));
  const any = chosen.length > 0 || rows?.length > 0;
  const places = base.rows.flatMap((row, k) => (beside.has(row) ? [k] : []));
  const selected = any ? [places, chosen] : [null, null];
  window.Plotly.restyle(plot, { selectedpoints: selected }, [REAL, MADE]);
}

async function showPicked(rows) {
  picked.replaceChildren();
  if (!rows?.length) return;
  const some = rows.slice(0, 24);
  const images = await realImages(some);
  if (!images[0]) {
    picked.append(make('span', 'd-muted', `${rows.length} real images, which are not on this machine`));
    return;
  }
  picked.replaceChildren(...images.map((source, k) => {
    const img = make('img');
    img.src = source;
    img.alt = `real image ${some[k]}`;
    return img;
  }));
  if (rows.length > some.length) picked.append(make('span', 'd-muted', `and ${rows.length - some.length} more real images`));
}

async function realImages(rows) {
  const key = (row) => `${base.dataset}/${row}`;
  const missing = rows.filter((row) => !cache.has(key(row)));
  if (missing.length) {
    const fetched = await server.real_images(base.dataset, missing);
    missing.forEach((row, k) => cache.set(key(row), fetched[k]));
  }
  return rows.map((row) => cache.get(key(row)));
}

let hovered = 0;
async function hover(point) {
  const mine = ++hovered;
  const words = make('div');
  const line = (text, tag = 'div') => words.append(make(tag, '', text));
  const box = point.curveNumber === MADE ? make('i') : make('img');
  const now = run();
  if (point.curveNumber === MADE) {
    const i = point.pointIndex;
    line(`#${i + 1} distilled`, 'b');
    if (!now.live) {
      line(`nearest real ${now.nearest.distances[i]} (between real images ${now.nearest.typical})`);
      line(`covers ${now.covers[i]} real images`);
    }
    tile(box, now.sheet, now.columns, Math.ceil(now.n / now.columns), i % now.columns, Math.floor(i / now.columns));
  } else if (point.curveNumber <= REAL) {
    const row = rowOf(point);
    line(`real ${base.classes[base.labels[row]]}`, 'b');
    if (base.modes && base.mode_names) line(base.mode_names[base.modes[row]]);
    line(`point ${row}`);
    box.alt = '';
    realImages([row]).then(([source]) => { if (mine === hovered && source) box.src = source; }, () => {});
  } else return;
  card.replaceChildren(box, words);
  const { left, top } = plot.getBoundingClientRect();
  const outer = root.getBoundingClientRect();
  const x = left - outer.left + point.xaxis.l2p(point.x), y = top - outer.top + point.yaxis.l2p(point.y);
  card.hidden = false;
  card.style.left = `${Math.max(0, Math.min(x - 103, outer.width - 206))}px`;
  card.style.top = `${y > 104 ? y - 96 : y + 18}px`;
}

function segment(options, key) {
  const box = make('span', `d-seg d-${key}`);
  for (const [value, text] of options) {
    const button = make('button', '', text);
    button.type = 'button';
    button.setAttribute('aria-pressed', look[key] === value);
    button.title = TITLES[value] ?? '';
    button.addEventListener('click', () => {
      look[key] = value;
      draw();
      root.querySelector(`.d-seg.d-${key} [aria-pressed=true]`).focus(); // it was made anew
    });
    box.append(button);
  }
  return box;
}

function legend(text, style) {
  const item = make('span');
  const dot = item.appendChild(make('span', 'd-dot'));
  Object.assign(dot.style, style);
  item.append(text);
  return item;
}

function drawBar(missed) {
  const spring = make('span');
  spring.style.flex = 1;
  const paints = [['plain', 'plain']];
  if (base.modes) paints.push(['mode', 'mode']);
  paints.push(['distance', 'distance']);
  bar.replaceChildren(
    legend(`real ${base.classes[base.label]}`, { background: 'var(--d-real)' }),
    legend('distilled', { background: 'var(--d-synthetic)' }),
    legend(`not covered (${missed})`, { border: '1.5px solid var(--d-bad)' }),
    spring, segment(Object.keys(base.views).map((v) => [v, VIEWS[v]]), 'view'));
  const count = (look.view === 'class' ? base.rows : base.labels).length.toLocaleString('en');
  const how = look.view === 'pca'
    ? `the first two principal components of the latents of ${count} real images`
    : `UMAP of the latents of ${count} real images; distilled ones lie among their nearest real neighbours`;
  const about = make('span', 'd-how', `${how} · trustworthiness ${base.trust[look.view] ?? '–'}`);
  note.replaceChildren(about, segment(paints, 'paint'));
}

function load(value) {
  if (!value) return;
  base = decode(value);
  look.view = base.views[look.view] ? look.view : Object.keys(base.views)[0];
  draw();
}

let following = null; // the live run whose points are being moved
on('run', (now) => {
  if (now.live && following === now.id) {
    const { x, y, text } = made();
    window.Plotly.restyle(plot, { x: [x], y: [y], text: [text] }, [MADE]);
  } else {
    draw(); // without the lines and rings of the run before
    following = base && plot.data && now.live ? now.id : null;
  }
});
on('choose', ({ rows }) => { if (base && plot.data) { mark(rows); showPicked(rows); } });
on('theme', draw);
watch('value', () => load(props.value));
(function begin() { window.Plotly ? load(props.value) : setTimeout(begin, 30); })();
