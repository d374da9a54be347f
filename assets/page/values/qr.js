// @ts-check
// QR codes (ISO/IEC 18004): text in UTF-8 as a square of light and dark modules. The error
// correction is of level M where the text fits into few modules, else of level L.

/** Error-correcting bytes of each block, by level and version, from version 1 on. */
const EACH = {
  L: [
    ...[7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28],
    ...[28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
  ],
  M: [
    ...[10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26],
    ...[26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ],
};
/** Blocks, likewise. */
const BLOCKS = {
  L: [
    ...[1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8],
    ...[8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
  ],
  M: [
    ...[1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16],
    ...[17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
  ],
};
const LEVEL_BITS = { L: 1, M: 0 };
const VERSIONS = 40;
const EASY = 12; // version up to which a phone at the back of a room reads the finer level well

/** @typedef {'L' | 'M'} Level */

/** The eight masks: whether the module at a row and a column is turned. */
const MASKS = [
  (/** @type {number} */ r, /** @type {number} */ c) => (r + c) % 2 === 0,
  (/** @type {number} */ r) => r % 2 === 0,
  (/** @type {number} */ _, /** @type {number} */ c) => c % 3 === 0,
  (/** @type {number} */ r, /** @type {number} */ c) => (r + c) % 3 === 0,
  (/** @type {number} */ r, /** @type {number} */ c) =>
    (Math.floor(r / 2) + Math.floor(c / 3)) % 2 === 0,
  (/** @type {number} */ r, /** @type {number} */ c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (/** @type {number} */ r, /** @type {number} */ c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0,
  (/** @type {number} */ r, /** @type {number} */ c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

/** @param {number} version */
const sideOf = (version) => 17 + 4 * version;

/**
 * The rows and columns of the small finder patterns.
 * @param {number} version
 */
export function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const last = sideOf(version) - 7;
  const rest = Array.from({ length: count - 1 }, (_, k) => last - k * step);
  return [6, ...rest.reverse()];
}

/**
 * How many modules hold data, its error correction and what is left over.
 * @param {number} version
 */
function modulesOf(version) {
  const [side, n] = [sideOf(version), alignments(version).length];
  const finders = 3 * 64 + 31 + 2 * (side - 16); // with the format and the lines between them
  const small = n ? 25 * (n * n - 3) - 10 * (n - 2) : 0; // less what lies on those lines
  return side ** 2 - finders - small - (version > 6 ? 36 : 0);
}

/**
 * How many bytes of data fit.
 * @param {number} version
 * @param {Level} level
 */
function room(version, level) {
  const all = Math.floor(modulesOf(version) / 8);
  return all - EACH[level][version - 1] * BLOCKS[level][version - 1];
}

/** Powers of two in the field of 256 elements, and their logarithms. */
const POWERS = new Uint8Array(255);
const LOGARITHMS = new Uint8Array(256);
for (let k = 0, value = 1; k < 255; k += 1) {
  POWERS[k] = value;
  LOGARITHMS[value] = k;
  value = (value << 1) ^ (value > 127 ? 0x11d : 0);
}

/**
 * @param {number} a
 * @param {number} b
 */
const times = (a, b) => (a && b ? POWERS[(LOGARITHMS[a] + LOGARITHMS[b]) % 255] : 0);

/**
 * The Reed-Solomon bytes of some data: the rest of its division by the polynomial whose roots are
 * the first powers of two.
 * @param {Uint8Array} data
 * @param {number} count
 */
function correction(data, count) {
  let divisor = [1];
  for (let k = 0; k < count; k += 1) {
    const next = [...divisor, 0];
    for (const [i, value] of divisor.entries()) next[i + 1] ^= times(value, POWERS[k]);
    divisor = next;
  }
  const rest = new Uint8Array(count);
  for (const byte of data) {
    const factor = byte ^ rest[0];
    rest.copyWithin(0, 1);
    rest[count - 1] = 0;
    for (let i = 0; i < count; i += 1) rest[i] ^= times(divisor[i + 1], factor);
  }
  return rest;
}

/**
 * The bytes of a symbol: data with its header and its filling, then its correction, block by block
 * in turn.
 * @param {Uint8Array} bytes
 * @param {number} version
 * @param {Level} level
 */
function codewords(bytes, version, level) {
  const most = room(version, level);
  const long = version > 9;
  const length = long ? [bytes.length >> 8, bytes.length & 255] : [bytes.length];
  // Four bits say "bytes" (0100), so that all that follows lies half a byte off.
  const shifted = [4, ...[...length, ...bytes].flatMap((byte) => [byte >> 4, byte & 15]), 0];
  const data = new Uint8Array(most);
  for (let k = 0; k < most; k += 1)
    data[k] = 2 * k < shifted.length ? (shifted[2 * k] << 4) | (shifted[2 * k + 1] ?? 0) : 0;
  const used = Math.ceil(shifted.length / 2);
  for (let k = used; k < most; k += 1) data[k] = (k - used) % 2 ? 0x11 : 0xec;
  const count = BLOCKS[level][version - 1];
  const each = Math.floor(most / count);
  const short = count - (most % count);
  const blocks = Array.from({ length: count }, (_, k) => {
    const start = k * each + Math.max(0, k - short);
    return data.subarray(start, start + each + (k < short ? 0 : 1));
  });
  const checks = blocks.map((block) => correction(block, EACH[level][version - 1]));
  return [...inTurn(blocks), ...inTurn(checks)];
}

/** @param {readonly Uint8Array[]} blocks */
function inTurn(blocks) {
  const longest = Math.max(...blocks.map(({ length }) => length));
  return Array.from({ length: longest }, (_, k) =>
    blocks.flatMap((block) => (k < block.length ? [block[k]] : [])),
  ).flat();
}

/** A square of modules: dark, light, or free so far. */
class Square {
  /** @param {number} version */
  constructor(version) {
    this.version = version;
    this.side = sideOf(version);
    /** @type {(boolean | null)[][]} */
    this.cells = Array.from({ length: this.side }, () => Array(this.side).fill(null));
    this.drawFinders();
    this.drawAlignments();
    for (let k = 8; k < this.side - 8; k += 1) this.cells[6][k] = this.cells[k][6] = k % 2 === 0;
    this.drawFormat(0);
    if (version > 6) this.drawVersion();
  }

  drawFinders() {
    for (const [row, column] of [
      [3, 3],
      [3, this.side - 4],
      [this.side - 4, 3],
    ])
      this.drawRings(row, column, 4);
  }

  drawAlignments() {
    const places = alignments(this.version);
    const last = places.length - 1;
    for (const [i, row] of places.entries())
      for (const [j, column] of places.entries()) {
        const corner = (!i && !j) || (!i && j === last) || (i === last && !j);
        if (!corner) this.drawRings(row, column, 2);
      }
  }

  /**
   * @param {number} row of the middle
   * @param {number} column
   * @param {number} reach
   */
  drawRings(row, column, reach) {
    for (let r = -reach; r <= reach; r += 1)
      for (let c = -reach; c <= reach; c += 1) {
        const far = Math.max(Math.abs(r), Math.abs(c));
        const line = this.cells[row + r];
        if (line && line[column + c] !== undefined)
          line[column + c] = reach === 4 ? far !== 2 && far !== 4 : far !== 1;
      }
  }

  /** @param {number} bits the level and the mask with their correction */
  drawFormat(bits) {
    const dark = (/** @type {number} */ k) => ((bits >> k) & 1) === 1;
    const { cells, side } = this;
    const around = [0, 1, 2, 3, 4, 5, 7, 8];
    for (const [k, place] of around.entries()) {
      cells[place][8] = dark(k);
      if (k < 7) cells[8][around[6 - k] ?? 0] = dark(k + 8);
      cells[8][side - 1 - k] = dark(k);
      if (k < 7) cells[side - 7 + k][8] = dark(k + 8);
    }
    cells[side - 8][8] = true;
  }

  drawVersion() {
    const bits = (this.version << 12) | restOf(this.version, 12, 0x1f25);
    for (let k = 0; k < 18; k += 1) {
      const [far, near] = [this.side - 11 + (k % 3), Math.floor(k / 3)];
      this.cells[far][near] = this.cells[near][far] = ((bits >> k) & 1) === 1;
    }
  }
}

/**
 * The rest of a division of polynomials over two elements.
 * @param {number} value
 * @param {number} shift how many bits the rest has
 * @param {number} divisor
 */
function restOf(value, shift, divisor) {
  let rest = value;
  for (let k = 0; k < shift; k += 1) rest = (rest << 1) ^ ((rest >> (shift - 1)) * divisor);
  return rest;
}

/**
 * The places of the data, in its order: two columns at a time, up and down from the right.
 * @param {Square} square
 */
function* freePlaces({ side, cells }) {
  for (let right = side - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5; // that column holds a pattern
    for (let k = 0; k < side; k += 1)
      for (const column of [right, right - 1]) {
        const row = ((right + 1) & 2) === 0 ? side - 1 - k : k;
        if (cells[row][column] === null) yield [row, column];
      }
  }
}

/**
 * How hard a code is to read: the fewer the better.
 * @param {boolean[][]} cells
 */
function penalty(cells) {
  const side = cells.length;
  const columns = cells.map((_, c) => cells.map((row) => row[c]));
  let found = 0;
  for (const line of [...cells, ...columns]) {
    const text = line.map(Number).join('');
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) found += run.length - 2;
    for (const finder of ['10111010000', '00001011101'])
      for (let k = text.indexOf(finder); k >= 0; k = text.indexOf(finder, k + 1)) found += 40;
  }
  let dark = 0;
  for (let r = 0; r < side; r += 1)
    for (let c = 0; c < side; c += 1) {
      const here = cells[r][c];
      if (here) dark += 1;
      const below = cells[r + 1];
      if (below && here === cells[r][c + 1] && here === below[c] && here === below[c + 1])
        found += 3;
    }
  return found + 10 * Math.floor(Math.abs((20 * dark) / side ** 2 - 10));
}

/**
 * The smallest code that holds so many bytes.
 * @param {number} length
 * @returns {[number, Level]}
 */
function smallest(length) {
  for (const [level, to] of /** @type {[Level, number][]} */ ([
    ['M', EASY],
    ['L', VERSIONS],
  ]))
    for (let version = 1; version <= to; version += 1)
      if (length + (version > 9 ? 3 : 2) <= room(version, level)) return [version, level];
  throw new Error(`A QR code holds at most 2,953 bytes; this link has ${length}.`);
}

/**
 * A text as a QR code: rows of modules, true where they are dark, without the light edge.
 * @param {string} text
 * @returns {boolean[][]}
 * @throws {Error} if it is too long
 */
export function qrOf(text) {
  const bytes = new TextEncoder().encode(text);
  const [version, level] = smallest(bytes.length);
  const bits = codewords(bytes, version, level).flatMap((byte) =>
    Array.from({ length: 8 }, (_, k) => ((byte >> (7 - k)) & 1) === 1),
  );
  const plan = new Square(version);
  const places = [...freePlaces(plan)];
  const drawn = MASKS.map((mask, k) => {
    const format = (LEVEL_BITS[level] << 3) | k;
    plan.drawFormat(((format << 10) | restOf(format, 10, 0x537)) ^ 0x5412);
    const cells = plan.cells.map((row) => row.map(Boolean));
    for (const [i, [row, column]] of places.entries())
      cells[row][column] = (bits[i] ?? false) !== mask(row, column);
    return cells;
  });
  return drawn.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}
