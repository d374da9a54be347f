// The map: real images as points, the class in front, the distilled images numbered on top, and
// beneath them, if wanted, where real images are missed and where too many were made.
// Nothing of it is redrawn when a selection changes, so zoom and pan stay as they are.
// It is followed by what lies beneath it (field.js) and below it (picked.js).
import { shared, on, choose, make, numbers, tile, colour } from './state.js';
import { makeField } from './field.js';
import { makePicked } from './picked.js';

export function mount({ element, props, server, watch }) {
  const root = element.querySelector('.d-map');
  const bar = make('div', 'd-bar');
  const plot = make('div', 'd-plot');
  const card = make('div', 'd-card');
  const below = make('div', 'd-picked');
  const note = make('div', 'd-status');
  card.hidden = true;
  const scale = make('div', 'd-scale');
  const corner = make('div', 'd-corner');
  corner.append(scale);
  root.append(bar, plot, corner, below, note, card);
  const field = makeField(plot);
  const picked = makePicked(below, { images: realImages, facts, choose });

  const TITLES = { mode: 'coloured by known mode', distance: 'coloured by the distance to the nearest distilled image',
    plain: 'one colour', class: 'a map of this class alone', umap: 'a map of the whole data set', pca: 'the first two principal components' };
  const VIEWS = { class: 'UMAP', umap: 'all classes', pca: 'PCA' };
  const look = { view: 'class', paint: 'plain', witness: true };
  const cache = new Map(); // real images fetched so far, by row; null where they are not on this machine
  // The decoded value: {dataset, label, classes, labels, modes, images, xy, rows, others, places}. A row
  // is that of a point; `images` says which training images they are.
  let base = null;
  const [REAL, UNCOVERED, MADE, PICKED] = [1, 2, 4, 5]; // traces; 0 are the other classes, 3 the lines

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
    const places = new Map(rows.map((row, k) => [row, k]));
    const modes = value.modes && numbers(value.modes, Uint16Array);
    const images = numbers(value.images, Uint32Array);
    return { ...value, labels, modes, images, xy, rows, others, places };
  }

  const run = () =>
    shared.run && base && shared.run.label === base.label && (shared.run.dataset ?? base.dataset) === base.dataset
      ? shared.run : null;

  const at = (rows) => {
    const [x, y] = base.xy[look.view];
    return { x: rows.map((i) => x[i]), y: rows.map((i) => y[i]) };
  };

  // What a finished run says of each real image of its class; null without one.
  const said = new WeakMap();
  function standing() {
    const now = run();
    if (!now || now.live) return null;
    if (!said.has(now)) {
      const { nearest, distance, reach } = now.standing;
      said.set(now, { nearest: numbers(nearest, Uint16Array), distance: numbers(distance, Float32Array),
        reach: numbers(reach, Float32Array), witness: numbers(now.witness.at, Float32Array) });
    }
    return said.get(now);
  }

  function uncovered() {
    const stand = standing();
    return stand ? base.rows.filter((_, k) => stand.distance[k] > stand.reach[k]) : [];
  }

  // A real image in words: what it is, and what stands for it.
  function facts(row) {
    const name = `real ${base.classes[base.labels[row]]}, training image ${base.images[row]}`;
    const mode = base.modes && base.mode_names ? base.mode_names[base.modes[row]] : '';
    const stand = standing(), k = base.places.get(row);
    if (!stand || k === undefined) return { name, mode };
    const [now, number, value] = [run(), stand.nearest[k], stand.witness[k]];
    const digits = Math.abs(value).toFixed(3);
    const witness = Number(digits) === 0 ? { value: '0.000', meaning: 'as many real as distilled around it' }
      : { value: (value > 0 ? '+' : '−') + digits, meaning: value > 0 ? 'more real than distilled around it' : 'more distilled than real around it' };
    return { name, mode, nearest: {
      number, witness, distance: stand.distance[k].toFixed(2), reach: stand.reach[k].toFixed(2),
      covered: stand.distance[k] <= stand.reach[k],
      tile: [now.sheet, now.columns, Math.ceil(now.n / now.columns), number % now.columns, Math.floor(number / now.columns)] } };
  }

  function paint() {
    const stand = standing();
    if (look.paint === 'mode' && base.modes)
      return { color: base.rows.map((i) => base.modes[i]), colorscale: 'Portland', cmin: 0, cmax: Math.max(...base.modes) };
    if (look.paint === 'distance' && stand)
      return { color: [...stand.distance], colorscale: 'Viridis', reversescale: true, cmin: 0, cmax: Math.max(...stand.distance) };
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
    const size = plot.clientWidth < 420 ? 0.7 : 1; // of the points, on a narrow map
    const faded = { marker: { opacity: 0.12 } };
    const traces = [
      { ...flat, type: 'scattergl', ...at(look.view === 'class' ? [] : base.others), marker: { size: 3 * size, color: colour('other') }, selected: faded, unselected: faded },
      { ...flat, type: 'scattergl', ...at(base.rows), marker: { size: 5 * size, opacity: 0.8, ...paint() }, unselected: faded },
      { ...flat, type: 'scattergl', ...at(rings), hoverinfo: 'skip', marker: { size: 8 * size, symbol: 'circle-open', color: colour('bad'), opacity: 0.75, line: { width: 1 } }, unselected: { marker: { opacity: 0.3 } } },
      { ...flat, type: 'scatter', mode: 'lines', ...lines(), hoverinfo: 'skip', line: { width: 1, color: colour('synthetic') }, opacity: 0.5 },
      { ...flat, type: 'scatter', mode: 'markers+text', ...made(), textfont: { size: 9.5, color: document.querySelector('.dark') ? '#12151c' : '#fff' }, marker: { size: size < 1 ? 14 : 17, color: colour('synthetic'), line: { width: 2, color: colour('panel') } }, unselected: { marker: { opacity: 0.25 } } },
    ];
    traces.push({ ...flat, type: 'scatter', mode: 'lines+markers', x: [], y: [], zorder: -1, hoverinfo: 'skip', line: { width: 1.5, dash: 'dot', color: colour('accent') }, marker: { size: [15 * size, 0], symbol: 'circle-open', opacity: 1, color: colour('accent'), line: { width: 2.5 } } });
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
    drawBar(rings);
    drawField();
    mark(rows);
  }

  function drawField() {
    field.show((look.witness && standing() && run().witness.fields[look.view]) || null);
    drawScale();
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
      else choose([], { rows: [rowUnder(point)] });
    });
    plot.on('plotly_selected', (event) => {
      if (!event) return;
      choose(event.points.filter((p) => p.curveNumber === MADE).map((p) => p.pointIndex),
        { rows: event.points.filter((p) => p.curveNumber === REAL).map(rowOf) });
    });
    plot.on('plotly_deselect', () => choose([]));
    // What comes and goes above and below the plot leaves it less or more room.
    new ResizeObserver(() => { if (plot.offsetParent) window.Plotly.Plots.resize(plot); }).observe(plot);
    for (const moved of ['plotly_afterplot', 'plotly_relayout', 'plotly_relayouting']) plot.on(moved, field.repaint);
  }

  const rowOf = (point) => (point.curveNumber === REAL ? base.rows : point.curveNumber === UNCOVERED ? uncovered() : base.others)[point.pointIndex];

  // The real image at a point of the map. Where two lie on each other, a ring goes before the rest.
  function rowUnder(point) {
    const [x, y] = base.xy[look.view];
    const off = (row) => Math.hypot(point.xaxis.l2p(x[row]) - point.xaxis.l2p(point.x), point.yaxis.l2p(y[row]) - point.yaxis.l2p(point.y));
    const rings = uncovered(), own = rowOf(point);
    return rings.includes(own) ? own : (rings.find((row) => off(row) < 2) ?? own);
  }

  // Greys what is not chosen. Rows are real images; without them, those nearest to the chosen. One
  // real image by itself leaves the distilled image that is nearest to it.
  function mark(rows) {
    const chosen = [...shared.chosen];
    const beside = new Set(rows ?? chosen.map((i) => run()?.nearest?.rows[i]));
    const any = chosen.length > 0 || rows?.length > 0;
    const among = (all) => (any ? all.flatMap((row, k) => (beside.has(row) ? [k] : [])) : null);
    const one = rows?.length === 1 ? rows[0] : null;
    const nearest = standing()?.nearest[base.places.get(one)];
    const made = chosen.length || nearest === undefined ? chosen : [nearest];
    window.Plotly.restyle(plot, { selectedpoints: [among(base.rows), among(uncovered()), any ? made : null] }, [REAL, UNCOVERED, MADE]);
    const { x, y } = at(one === null ? [] : [one]);
    const to = nearest === undefined ? [] : [run().points[look.view][nearest]];
    // The ring is larger than a point: at the rim it would widen the axes, were they not held.
    const held = one === null ? {} : { 'xaxis.autorange': false, 'yaxis.autorange': false };
    window.Plotly.update(plot, { x: [[...x, ...to.map((p) => p[0])]], y: [[...y, ...to.map((p) => p[1])]] }, held, [PICKED]);
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
      const row = rowUnder(point);
      line(`real ${base.classes[base.labels[row]]}`, 'b');
      if (base.modes && base.mode_names) line(base.mode_names[base.modes[row]]);
      line(`training image ${base.images[row]}`);
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

  function witnessSwitch() {
    const box = make('span', 'd-seg d-witness');
    const button = box.appendChild(make('button', '', 'witness'));
    button.type = 'button';
    button.title = 'where real images are missed, and where too many were made';
    button.setAttribute('aria-pressed', look.witness);
    button.addEventListener('click', () => {
      look.witness = !look.witness;
      drawBar(uncovered()); // the points stay untouched
      drawField();
      root.querySelector('.d-witness button').focus();
    });
    return box;
  }

  function legend(text, style) {
    const item = make('span');
    const dot = item.appendChild(make('span', 'd-dot'));
    Object.assign(dot.style, style);
    item.append(text);
    return item;
  }

  // How many real images are not covered; a click goes through them, the least covered first.
  function legendOfUncovered(missed) {
    const item = legend(`not covered (${missed.length})`, { border: '1.5px solid var(--d-bad)' });
    if (!missed.length) return item;
    const button = make('button', 'd-link d-uncovered');
    button.type = 'button';
    button.title = 'show them, the farthest beyond reach first';
    button.append(...item.childNodes);
    const { distance, reach } = standing();
    const beyond = (row) => distance[base.places.get(row)] / reach[base.places.get(row)];
    button.addEventListener('click', () => choose([], { rows: missed.toSorted((a, b) => beyond(b) - beyond(a)) }));
    return button;
  }

  // What the field means, in a corner of the map: it moves nothing when it comes and goes.
  function drawScale() {
    scale.hidden = !(look.witness && standing());
    const row = make('div');
    row.append(make('b', '', 'too much'), make('i'), make('b', '', 'missed'));
    scale.replaceChildren(row, make('div', '', 'The MMD witness, in latent space at each real image, smoothed for the eye. Line: beyond what random real sets reach (95 %); full colour: twice that.'));
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
      ...(standing() ? [legendOfUncovered(missed)] : []),
      spring, segment(Object.keys(base.views).map((v) => [v, VIEWS[v]]), 'view'));
    const count = (look.view === 'class' ? base.rows : base.labels).length.toLocaleString('en');
    const how = look.view === 'pca'
      ? `the first two principal components of the latents of ${count} real images`
      : `UMAP of the latents of ${count} real images; distilled ones lie among their nearest real neighbours`;
    const about = make('span', 'd-how', `${how} · trustworthiness ${base.trust[look.view] ?? '–'}`);
    const controls = make('span', 'd-controls');
    controls.append(witnessSwitch(), segment(paints, 'paint'));
    note.replaceChildren(about, controls);
  }

  function load(value) {
    if (!value) return;
    base = decode(value);
    pick(null);
    look.view = base.views[look.view] ? look.view : Object.keys(base.views)[0];
    draw();
  }

  let rows = null; // the real images that are picked
  function pick(given) {
    rows = given;
    picked.show(rows);
  }

  let following = null; // the live run whose points are being moved
  on('run', (now) => {
    if (now.live && following === now.id) {
      const { x, y, text } = made();
      window.Plotly.restyle(plot, { x: [x], y: [y], text: [text] }, [MADE]);
    } else {
      if (base) pick(null);
      draw(); // without the lines and rings of the run before
      following = base && plot.data && now.live ? now.id : null;
    }
  });
  on('choose', ({ rows: given }) => { if (base && plot.data) { pick(given); mark(given); } });
  on('theme', draw);
  watch('value', () => load(props.value));
  (function begin() { window.Plotly ? load(props.value) : setTimeout(begin, 30); })();
}
