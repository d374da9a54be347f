// An evaluation: curves that grow while nets are trained.
import { shared, on, say, make, colour } from './state.js';

export function mount({ element, props, watch }) {
  const root = element.querySelector('.d-board');
  const head = make('div', 'd-h');
  const progress = make('div', 'd-progress');
  const bar = progress.appendChild(make('i'));
  const seg = make('span', 'd-seg');
  const key = make('div', 'd-bar d-key');
  const plot = make('div', 'd-curves');
  const about = make('p', 'd-muted d-note');
  head.setAttribute('role', 'status');
  plot.setAttribute('role', 'img');
  root.append(head, progress, key, plot, about);

  const COLOURS = ['synthetic', 'accent', 'good', 'excess', 'missed', 'bad', 'ink', 'muted'];
  const QUANTITIES = { accuracy: 'accuracy', loss: 'training loss' };
  let quantity = 'accuracy';
  let value = null;
  const halted = new Map(); // what happened to those that did not end, by id

  for (const [name, text] of Object.entries(QUANTITIES)) {
    const button = make('button', '', text);
    button.type = 'button';
    button.addEventListener('click', () => { quantity = name; drawChart(); });
    button.dataset.quantity = name;
    seg.append(button);
  }

  const live = () => value?.live && !halted.has(value.id);
  const percent = (x) => x.toFixed(1);

  function show(next) {
    if (!next || halted.has(next.id)) return;
    value = shared.evaluation = next;
    draw();
    say('evaluation', value);
  }

  function draw() {
    const begun = Boolean(value);
    progress.style.visibility = live() ? 'visible' : 'hidden';
    bar.style.width = `${100 * (value?.progress ?? 0)}%`;
    const words = live() ? value.now : begun ? halted.get(value.id) ?? 'done' : '';
    head.replaceChildren(
      make('span', '', value?.chart?.title ?? 'accuracy on real test images'),
      make('span', halted.has(value?.id) ? 'd-notice' : '', words));
    drawChart();
  }

  // ------------------------------------------------------------------------------------- curves

  // A set has a colour of its own; what random real images reach is grey everywhere.
  function paint(lines) {
    let k = 0;
    return lines.map((line) => colour(line.kind === 'random' ? 'real' : COLOURS[k++ % COLOURS.length]));
  }

  function mean(curves, column) {
    const longest = curves.reduce((a, b) => (b.length > a.length ? b : a), []);
    return longest.map((point, i) => {
      const there = curves.filter((curve) => curve.length > i);
      return [point[0], there.reduce((sum, curve) => sum + curve[i][column], 0) / there.length];
    });
  }

  function drawChart() {
    for (const button of seg.children)
      button.setAttribute('aria-pressed', button.dataset.quantity === quantity);
    const chart = value?.chart;
    plot.hidden = key.hidden = !chart;
    about.textContent = chart
      ? 'Thin: one seed, on 200 of the test images; bold: their mean; dots: the test, all its images, after the last epoch. Nothing is chosen by a curve.'
      : value ? '' : 'Nets are trained from scratch on a set and tested on real images none has seen, beside nets trained on as many real images drawn at random. Choose sets and press Evaluate: the quick protocol takes well under a minute.';
    if (!chart) return;
    const colours = paint(chart.lines);
    const sizes = new Set(chart.lines.map((line) => line.images)).size > 1;
    const entries = chart.lines.map((line, k) => {
      const node = make('span');
      const dot = node.appendChild(make('i', 'd-dot'));
      dot.style.background = colours[k];
      node.append(line.name + (sizes && line.kind === 'random' ? `, ${line.images} a class` : ''));
      return node;
    });
    if (chart.full) {
      const node = make('span');
      node.append(make('i', 'd-dash'), `all real images: ${percent(chart.full.mean)} %`);
      entries.push(node);
    }
    key.replaceChildren(seg, ...entries);
    drawPlot(chart, colours);
  }

  function traces(chart, colours) {
    const column = quantity === 'accuracy' ? 1 : 2;
    const common = { hoverinfo: 'skip', type: 'scatter', mode: 'lines' };
    const all = [];
    chart.lines.forEach((line, k) => {
      const curves = line.curves.filter((curve) => curve.length);
      for (const curve of curves)
        all.push({ ...common, x: curve.map((p) => p[0]), y: curve.map((p) => p[column]), opacity: 0.35, line: { color: colours[k], width: 1 } });
      const middle = mean(curves, column);
      all.push({
        type: 'scatter', mode: 'lines', name: line.name, x: middle.map((p) => p[0]), y: middle.map((p) => p[1]),
        line: { color: colours[k], width: 2.5 }, hovertemplate: `%{y:.${column === 1 ? 1 : 3}f}`,
      });
      if (column === 1)
        all.push({ ...common, mode: 'markers', x: line.ends.map((e) => e[0]), y: line.ends.map((e) => e[1]), marker: { color: colours[k], size: 8, line: { color: colour('panel'), width: 1.5 } } });
    });
    return all;
  }

  function drawPlot(chart, colours) {
    if (!window.Plotly) return;
    const muted = colour('muted'), line = colour('line');
    const axis = { gridcolor: line, zeroline: false, tickfont: { color: muted, size: 11 }, title: { font: { color: muted, size: 11 } }, fixedrange: true };
    const accuracy = quantity === 'accuracy';
    const shapes = accuracy && chart.full ? [{
      type: 'line', xref: 'paper', x0: 0, x1: 1, y0: chart.full.mean, y1: chart.full.mean, line: { color: muted, width: 1.5, dash: 'dash' },
    }] : [];
    window.Plotly.react(plot, traces(chart, colours), {
      margin: { l: 44, r: 8, t: 8, b: 36 }, showlegend: false, hovermode: 'x unified', shapes,
      hoverlabel: { bgcolor: colour('panel'), bordercolor: line, font: { color: colour('ink'), size: 11 } },
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
      xaxis: { ...axis, title: { ...axis.title, text: 'epoch' }, rangemode: 'tozero' },
      yaxis: { ...axis, title: { ...axis.title, text: accuracy ? 'accuracy, %' : 'loss' }, ...(accuracy ? { range: [0, 101] } : { rangemode: 'tozero' }) },
    }, { displayModeBar: false, responsive: true });
  }

  new ResizeObserver(() => plot.data && plot.offsetWidth && window.Plotly.Plots.resize(plot)).observe(root);

  // A run that was stopped or failed: what was finished stays.
  on('halt', (words) => {
    if (!live()) return;
    halted.set(value.id, `${words}; what was finished is kept`);
    draw();
  });
  on('theme', draw);
  show(props.value);
  if (!value) draw();
  watch('value', () => show(props.value));
}
