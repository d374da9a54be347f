// @ts-check
// A tile of a contact sheet, as the background of an element.

/**
 * Where a tile lies on a sheet.
 * @typedef {object} Place
 * @property {number} columns of the sheet
 * @property {number} rows of the sheet
 * @property {number} column of the tile
 * @property {number} row of the tile
 */

/**
 * Where image i of n lies on a sheet that is filled row by row.
 * @param {number} i
 * @param {number} n
 * @param {number} columns
 * @returns {Place}
 */
export function placeOf(i, n, columns) {
  const row = Math.floor(i / columns);
  return { columns, rows: Math.ceil(n / columns), column: i % columns, row };
}

/**
 * @param {HTMLElement} node
 * @param {string | null} sheet its address; null where a style sheet gives it
 * @param {Place} place
 */
export function tile(node, sheet, { columns, rows, column, row }) {
  if (sheet) node.style.backgroundImage = `url("${sheet}")`;
  node.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  const x = columns > 1 ? (100 * column) / (columns - 1) : 0;
  const y = rows > 1 ? (100 * row) / (rows - 1) : 0;
  node.style.backgroundPosition = `${x}% ${y}%`;
}
