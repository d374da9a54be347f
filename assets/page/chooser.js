// The classes of a data set as pictures: a radio group.
import { make, tile } from './state.js';

export function mount({ element, props, trigger, watch }) {
  const root = element.querySelector('.d-classes');

  function pick(label) {
    for (const [k, button] of [...root.children].entries()) {
      button.setAttribute('aria-checked', k === label);
      button.tabIndex = k === label ? 0 : -1;
    }
  }

  function draw({ names, sheet, label }) {
    root.replaceChildren(...names.map((name, k) => {
      const button = make('button', 'd-class');
      button.type = 'button';
      button.setAttribute('role', 'radio');
      button.append(make('i'), make('span', '', name));
      if (sheet) tile(button.firstChild, sheet, names.length, 1, k, 0);
      button.addEventListener('click', () => { pick(k); trigger('pick', { label: k }); });
      return button;
    }));
    pick(label);
  }

  root.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...root.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    next.click();
  });

  draw(props.value);
  watch('value', () => draw(props.value));
}
