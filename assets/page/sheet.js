// The contact sheet: while a run goes on its latest step, afterwards the images themselves, the
// chosen one beside its nearest real image, and how it came about.
import { shared, on, show, choose, make, tile } from './state.js';

export function mount({ element, props, watch }) {
  const root = element.querySelector('.d-stage');
  const title = make('div', 'd-h');
  const sheet = make('div', 'd-sheet');
  const progress = make('div', 'd-progress');
  const bar = progress.appendChild(make('i'));
  const inspector = make('div', 'd-inspector');
  const filmTitle = make('div', 'd-h');
  const film = make('div', 'd-film');
  const status = make('div', 'd-status');
  status.setAttribute('role', 'status');
  sheet.setAttribute('role', 'group');
  sheet.setAttribute('aria-label', 'distilled images');
  root.append(title, sheet, progress, filmTitle, film, status);
  const tiles = [];

  function layTiles(run) {
    if (tiles.length === run.n) return;  // redrawn for nothing, it would lose the focus
    sheet.style.gridTemplateColumns = `repeat(${run.columns}, 1fr)`;
    while (tiles.length > run.n) tiles.pop().remove();
    while (tiles.length < run.n) {
      const i = tiles.length;
      const button = make('button', 'd-tile');
      button.type = 'button';
      button.append(make('b', '', String(i + 1)));
      button.addEventListener('click', (event) => {
        if (shared.run.live) return;
        const alone = shared.chosen.size === 1 && shared.chosen.has(i);
        choose(alone && !event.shiftKey ? [] : [i], { add: event.shiftKey });
      });
      tiles.push(button);
    }
    sheet.replaceChildren(...tiles, inspector);
    const left = (run.columns - (run.n % run.columns)) % run.columns;
    inspector.style.gridColumn = left >= 2 ? `span ${left}` : '1 / -1';
    const rows = Math.ceil(run.n / run.columns);
    tiles.forEach((button, i) =>
      tile(button, null, run.columns, rows, i % run.columns, Math.floor(i / run.columns)));
  }

  function drawRun(run) {
    layTiles(run);
    if (run.sheet) sheet.style.setProperty('--sheet', `url("${run.sheet}")`);
    sheet.classList.toggle('d-live', run.live);
    sheet.classList.toggle('d-begun', run.live && !run.sheet);
    progress.style.visibility = run.live ? 'visible' : 'hidden';
    status.style.visibility = run.live ? 'hidden' : 'visible';  // it tells of the run before
    if (run.live) {
      bar.style.width = `${(100 * run.step) / run.steps}%`;
      title.replaceChildren(make('span', '', 'estimates of the clean images'),
        make('span', '', `${run.stage ?? 'step'} ${run.step} of ${run.steps}`));
      inspector.replaceChildren(make('span', '', 'Move a live slider: it acts from the next step on.'));
      film.replaceChildren();
      filmTitle.textContent = '';
      return;
    }
    title.replaceChildren(make('span', '', run.title ?? ''), make('span', 'd-notice', run.notice ?? ''));
    status.replaceChildren(...(run.status ?? []).map((text) => make('span', '', text)));
    drawChosen();
  }

  function drawChosen() {
    const run = shared.run;
    if (!run || run.live) return;
    tiles.forEach((button, i) => {
      button.setAttribute('aria-pressed', shared.chosen.has(i));
      const mode = run.modes ? `, ${run.modes[i]}` : '';
      button.setAttribute('aria-label',
        `image ${i + 1}: ${run.recognised[i]}${mode}, nearest real at ${run.nearest.distances[i]}`);
    });
    sheet.classList.toggle('d-some', shared.chosen.size > 0);
    const i = shared.chosen.size ? Math.min(...shared.chosen) : 0;
    drawInspector(run, i);
    drawFilm(run, i);
  }

  function drawInspector(run, i) {
    const rows = Math.ceil(run.n / run.columns);
    const place = [run.columns, rows, i % run.columns, Math.floor(i / run.columns)];
    const [mine, real] = [make('i'), make('i')];
    tile(mine, run.sheet, ...place);
    if (run.nearest.sheet) tile(real, run.nearest.sheet, ...place);
    const words = make('div');
    const line = (...parts) => {
      const row = make('div');
      row.append(...parts);
      words.append(row);
    };
    const strong = (text) => make('b', '', String(text));
    line(strong(`#${i + 1}`), ' and its nearest real image');
    line('distance ', strong(run.nearest.distances[i]), ` · between real images ${run.nearest.typical}`);
    line('covers ', strong(run.covers[i]), ' real images');
    const seen = run.recognised[i] === run.class ? '' : `recognised as ${run.recognised[i]}`;
    if (run.modes || seen) line(run.modes ? strong(run.modes[i]) : '', run.modes && seen ? ' · ' : '', seen);
    inspector.replaceChildren(mine, ...(run.nearest.sheet ? [real] : []), words);
  }

  function drawFilm(run, i) {
    const frames = run.film.frames;
    filmTitle.textContent = frames > 1 ? `how #${i + 1} came about` : '';
    film.replaceChildren(...Array.from({ length: frames > 1 ? frames : 0 }, (_, f) => {
      const node = make('i');
      tile(node, run.film.sheet, frames, run.n, f, i);
      return node;
    }));
  }

  sheet.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const i = tiles.indexOf(document.activeElement) + (step ?? 0);
    if (event.key === 'Escape') choose([]);
    else if (step) tiles[i]?.focus();
  });

  on('run', drawRun);
  on('choose', drawChosen);
  show(props.value);
  watch('value', () => show(props.value));
}
