// @ts-check
// Arrow keys that go through elements in a row.

const AHEAD = { ArrowRight: 1, ArrowLeft: -1 };
const DOWN = { ArrowDown: 1, ArrowUp: -1 };

/**
 * How many elements a key goes ahead: 1, -1, or 0.
 * @param {string} key
 * @param {boolean} down whether the keys up and down count as well
 * @returns {number}
 */
export function stepOf(key, down) {
  const steps = /** @type {Record<string, number>} */ (down ? { ...AHEAD, ...DOWN } : AHEAD);
  return Object.hasOwn(steps, key) ? steps[key] : 0;
}

/**
 * Has arrow keys move the focus among elements, of which one has it.
 * @param {HTMLElement} root
 * @param {() => HTMLElement[]} items
 * @param {{ round?: boolean, moved?: (item: HTMLElement) => void }} how `round`: it goes from the
 *   last to the first, and the keys up and down count; `moved`: called with what has the focus now
 */
export function arrows(root, items, { round = false, moved = () => {} } = {}) {
  root.addEventListener('keydown', (event) => {
    const step = stepOf(event.key, round);
    const all = items();
    const from = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!step || from < 0) return;
    if (round) event.preventDefault();
    const to = round ? all.at((from + step) % all.length) : all[from + step];
    if (!to) return;
    to.focus();
    moved(to);
  });
}
