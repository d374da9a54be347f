// What the parts of the page share: the run that is shown, the selection, and small helpers.
// A part changes nothing of another; it says what happened, and whoever shows it listens.

const bus = new EventTarget();
const on = (name, listener) => bus.addEventListener(name, (event) => listener(event.detail));
const say = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

// The run that is shown, the last that was finished, those that were stopped, the selection.
const shared = { run: null, finished: null, stopped: new Set(), chosen: new Set() };

// Of the steps of a run only the latest is drawn, once a frame: a busy browser falls behind in
// none of them.
let latest = null;
function show(run) {
  if (!run?.live) { latest = null; take(run); return; }
  if (!latest) requestAnimationFrame(draw);
  latest = run;
}

function draw() {
  const step = latest;
  latest = null;
  take(step);
}

function take(run) {
  if (!run || shared.stopped.has(run.id)) return;
  const again = run.id && run.id === shared.run?.id && run.live === shared.run.live;
  if (run === shared.run || (again && !run.live)) return;
  if (!run.live) {
    if (!shared.run?.live) shared.chosen = new Set();
    shared.finished = run;
  }
  shared.run = run;
  say('run', run);
}

// A run that was stopped or failed makes way for the last that was finished.
function back(words) {
  draw();  // refused within a frame, it would be taken up after its end
  if (!shared.run?.live) return;
  const { id, step, steps } = shared.run;
  shared.stopped.add(id);
  if (!shared.finished) return;
  shared.run = { ...shared.finished, notice: `${words} at step ${step} of ${steps}; this is the run before it` };
  say('run', shared.run);
}

// Selects images of the run by their numbers; `rows` are real images selected beside them.
function choose(numbers, { add = false, rows = null } = {}) {
  if (add) {
    const next = new Set(shared.chosen);
    for (const i of numbers) next.has(i) ? next.delete(i) : next.add(i);
    shared.chosen = next;
  } else {
    shared.chosen = new Set(numbers);
  }
  say('choose', { numbers: shared.chosen, rows });
}

function make(tag, className = '', text = '') {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function numbers(base64, Type) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Type(bytes.buffer);
}

// Shows tile (row, column) of a sheet as the background of a node.
function tile(node, sheet, columns, rows, column, row) {
  if (sheet) node.style.backgroundImage = `url("${sheet}")`;
  node.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  const x = columns > 1 ? (100 * column) / (columns - 1) : 0;
  const y = rows > 1 ? (100 * row) / (rows - 1) : 0;
  node.style.backgroundPosition = `${x}% ${y}%`;
}

const colour = (name) =>
  getComputedStyle(document.querySelector('.dark') ?? document.documentElement)
    .getPropertyValue(`--d-${name}`).trim();

new MutationObserver(() => say('theme')).observe(document.body, {
  attributes: true, attributeFilter: ['class'],
});

export { shared, on, say, show, back, choose, make, numbers, tile, colour };
