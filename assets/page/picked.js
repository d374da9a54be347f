// The real images that were picked, beneath the map: one of them beside the distilled image that
// is nearest to it, the others as a strip to go through.
import { make, tile } from './state.js';

export function makePicked(root, { images, facts, choose }) {
  const STRIP = 24; // as many as the server hands out at once
  const ABSENT = 'not on this machine';
  const one = make('div', 'd-real');
  const strip = make('div', 'd-strip');
  const rest = make('span', 'd-muted');
  strip.setAttribute('role', 'group');
  strip.setAttribute('aria-label', 'real images');
  root.append(one, strip);
  root.hidden = true;
  let [row, rows] = [null, []];
  let asked = 0;

  // A real image, or the place for one that is still fetched; words for one that is not here (null).
  const picture = (source, text, instead = ABSENT) => {
    if (source === null) return make('span', 'd-muted d-absent', instead);
    const img = make('img');
    img.alt = text;
    if (source) img.src = source;
    return img;
  };

  function words(of) {
    const box = make('div');
    const line = (...parts) => box.appendChild(make('div')).append(...parts);
    const strong = (text, title = '') => {
      const node = make('b', '', text);
      node.title = title;
      return node;
    };
    line(strong(of.name), of.mode ? ` · ${of.mode}` : '');
    if (!of.nearest) return box;
    const { number, distance, reach, covered, witness } = of.nearest;
    const link = make('button', 'd-link', `#${number + 1}`);
    link.type = 'button';
    link.title = 'select this distilled image';
    link.addEventListener('click', () => choose([number], { rows: [row] }));
    line(strong(covered ? 'covered' : 'not covered', 'an image is covered by distilled images within its reach: the distance to its last real neighbour of a fair share'),
      ': the nearest distilled image is ', link);
    line('at distance ', strong(distance), covered ? ', within' : ', beyond', ' its reach of ', strong(reach));
    line('witness ', strong(witness.value), `: ${witness.meaning}`);
    return box;
  }

  function drawOne(source) {
    const of = facts(row);
    const held = root.querySelector('.d-link') === document.activeElement;
    const parts = [picture(source, of.name)];
    if (of.nearest) {
      const box = make('i');
      tile(box, ...of.nearest.tile);
      parts.push(box);
    }
    one.replaceChildren(...parts, words(of));
    if (held) one.querySelector('.d-link')?.focus();
  }

  function drawStrip(sources) {
    const shown = rows.slice(0, STRIP);
    if (strip.dataset.rows !== shown.join()) {
      strip.dataset.rows = shown.join();
      strip.replaceChildren(...shown.map((each) => {
        const button = make('button');
        button.type = 'button';
        button.addEventListener('click', () => choose([], { rows: [each] }));
        return button;
      }), rest);
    }
    const also = rows.length > shown.length ? [`and ${rows.length - shown.length} more`] : [];
    if (sources?.includes(null)) also.push(ABSENT);
    rest.textContent = also.join(', ');
    strip.querySelectorAll('button').forEach((button, k) => {
      const { name } = facts(shown[k]);
      if (!button.firstChild || sources) button.replaceChildren(picture(sources?.[k], name, String(k + 1)));
      button.setAttribute('aria-label', name);
      button.setAttribute('aria-pressed', shown[k] === row);
    });
  }

  // Shows real images by their training rows: one by itself, or several to choose from.
  async function show(given) {
    const mine = ++asked;
    if (given?.length === 1) {
      row = given[0];
      if (!rows.includes(row)) rows = [];
    } else {
      [row, rows] = [null, given ?? []];
    }
    [root.hidden, one.hidden, strip.hidden] = [row === null && !rows.length, row === null, !rows.length];
    const shown = rows.slice(0, STRIP);
    const draw = (sources) => {
      if (row !== null) drawOne(sources?.[0]);
      drawStrip(sources?.slice(row === null ? 0 : 1));
    };
    draw();
    if (root.hidden) return;
    const sources = await images(row === null ? shown : [row, ...shown]).catch(() => null); // words stay
    if (mine === asked && sources) draw(sources);
  }

  strip.addEventListener('keydown', (event) => {
    const buttons = [...strip.querySelectorAll('button')];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) buttons[buttons.indexOf(document.activeElement) + step]?.focus();
  });
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    choose([]);
    root.parentElement.querySelector('.d-uncovered')?.focus(); // or the focus would be nowhere
  });

  return { show };
}
