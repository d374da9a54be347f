// @ts-check
// The cells of a grid by their places, and how keys walk among them.

/**
 * The place that a key leads to; null where it leads nowhere.
 * @param {{ row: number, column: number }} at
 * @param {string} key
 * @param {{ rows: number, columns: number }} size
 * @param {boolean} far whether Home and End mean the whole grid
 */
export function walk({ row, column }, key, { rows, columns }, far = false) {
  /** @type {Record<string, { row: number, column: number }>} */
  const places = {
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    Home: { row: far ? 0 : row, column: 0 },
    End: { row: far ? rows - 1 : row, column: columns - 1 },
  };
  const to = Object.hasOwn(places, key) ? places[key] : null;
  const inside = to && to.row >= 0 && to.row < rows && to.column >= 0 && to.column < columns;
  return inside ? to : null;
}
