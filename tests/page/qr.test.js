// @ts-check
// QR codes are read here as a phone reads them: by what the standard says of a symbol, with nothing
// of what draws them but the places of the small finder patterns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignments, qrOf } from '../../assets/page/values/qr.js';

/** Blocks and error-correcting bytes of each, for the versions below. @type {Record<string, [number, number]>} */
const BLOCKS = {
  ...{ '1M': [1, 10], '2M': [1, 16], '4M': [2, 18], '7M': [4, 18], '10M': [5, 26] },
  ...{ '12M': [8, 22], '11L': [4, 20], '15L': [6, 22], '20L': [8, 28], '40L': [25, 30] },
};

/** Formats with their correction, as the standard lists them. @type {Record<string, [string, number]>} */
const KNOWN = { 101010000010010: ['M', 0], 111011111000100: ['L', 0] };

/**
 * Whether a module holds no data.
 * @param {number} side
 */
function fixedOf(side) {
  const version = (side - 17) / 4;
  const places = alignments(version);
  const last = places.length - 1;
  return (/** @type {number} */ r, /** @type {number} */ c) => {
    const corner = (r < 9 && c < 9) || (r < 9 && c >= side - 8) || (r >= side - 8 && c < 9);
    const words = version > 6 && ((r < 6 && c >= side - 11) || (c < 6 && r >= side - 11));
    const near = places.some((row, i) =>
      places.some((column, j) => {
        const taken = (!i && !j) || (!i && j === last) || (i === last && !j);
        return !taken && Math.abs(row - r) < 3 && Math.abs(column - c) < 3;
      }),
    );
    return corner || words || near || r === 6 || c === 6;
  };
}

/** @type {((r: number, c: number) => number)[]} */
const TURNED = [
  (r, c) => (r + c) % 2,
  (r) => r % 2,
  (_, c) => c % 3,
  (r, c) => (r + c) % 3,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2,
  (r, c) => ((r * c) % 2) + ((r * c) % 3),
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2,
  (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2,
];

/**
 * The level and the mask that a symbol says, once beside the first finder and once beside the others.
 * @param {boolean[][]} cells
 */
function formatOf(cells) {
  const side = cells.length;
  const first = [0, 1, 2, 3, 4, 5, 7, 8].map((c) => cells[8][c]);
  first.push(...[7, 5, 4, 3, 2, 1, 0].map((r) => cells[r][8]));
  const second = [1, 2, 3, 4, 5, 6, 7].map((k) => cells[side - k][8]);
  second.push(...[8, 7, 6, 5, 4, 3, 2, 1].map((k) => cells[8][side - k]));
  assert.deepEqual(first, second);
  const bits = first.map(Number).join('');
  const plain = (Number.parseInt(bits, 2) ^ 0b101010000010010) >> 10;
  return { bits, level: { 0: 'M', 1: 'L' }[plain >> 3] ?? '?', mask: plain & 7 };
}

/** @param {number} a @param {number} b in the field of x^8 + x^4 + x^3 + x^2 + 1 */
function multiplied(a, b) {
  let product = 0;
  for (let k = 7; k >= 0; k -= 1) {
    product = (product << 1) ^ (product > 127 ? 0x11d : 0);
    if ((b >> k) & 1) product ^= a;
  }
  return product;
}

/**
 * The bytes of a symbol in their order.
 * @param {boolean[][]} cells
 * @param {number} mask
 */
function bytesOf(cells, mask) {
  const side = cells.length;
  const fixed = fixedOf(side);
  /** @type {number[]} */
  const bits = [];
  let up = true;
  for (let right = side - 1; right > 0; right -= 2, up = !up) {
    if (right === 6) right -= 1;
    for (let k = 0; k < side; k += 1) {
      const r = up ? side - 1 - k : k;
      for (const c of [right, right - 1])
        if (!fixed(r, c)) bits.push(Number(cells[r][c]) ^ (TURNED[mask](r, c) === 0 ? 1 : 0));
    }
  }
  return Array.from({ length: bits.length >> 3 }, (_, k) =>
    bits.slice(8 * k, 8 * k + 8).reduce((sum, bit) => 2 * sum + bit, 0),
  );
}

/**
 * The text of a symbol.
 * @param {boolean[][]} cells
 */
function read(cells) {
  const version = (cells.length - 17) / 4;
  const { level, mask } = formatOf(cells);
  const [count, checks] = BLOCKS[`${version}${level}`];
  const bytes = bytesOf(cells, mask);
  const data = bytes.length - count * checks;
  const lengths = Array.from({ length: count }, (_, k) => Math.floor((data + k) / count));
  /** @type {number[][]} */
  const blocks = lengths.map(() => []);
  let at = 0;
  for (let k = 0; k < Math.max(...lengths); k += 1)
    for (const [j, block] of blocks.entries()) if (k < lengths[j]) block.push(bytes[at++]);
  const texts = blocks.map((block) => [...block]);
  for (let k = 0; k < checks; k += 1) for (const block of blocks) block.push(bytes[at++]);
  for (const block of blocks)
    for (let k = 0, root = 1; k < checks; k += 1, root = multiplied(root, 2)) {
      const rest = block.reduce((sum, byte) => multiplied(sum, root) ^ byte, 0);
      assert.equal(rest, 0, 'every root of the generator is a root of the block');
    }
  const nibbles = texts.flat().flatMap((byte) => [byte >> 4, byte & 15]);
  assert.equal(nibbles.shift(), 4); // bytes
  const word = () => 16 * (nibbles.shift() ?? 0) + (nibbles.shift() ?? 0);
  const length = version > 9 ? 256 * word() + word() : word();
  return new TextDecoder().decode(Uint8Array.from({ length }, word));
}

test('what is written into a code is read from it, at every kind of size', () => {
  for (const [length, version] of [
    ...[
      [1, 1],
      [14, 1],
      [26, 2],
      [60, 4],
      [122, 7],
      [213, 10],
      [287, 12],
    ],
    ...[
      [300, 11],
      [500, 15],
      [800, 20],
      [2953, 40],
    ],
  ]) {
    const text = `?tab=compare&${'dataset=digits&seed=1;'.repeat(140)}`.slice(0, length);
    const cells = qrOf(text);
    assert.equal(cells.length, 17 + 4 * version, `${length} bytes`);
    assert.equal(read(cells), text);
  }
});

test('a code is in UTF-8', () => {
  assert.equal(read(qrOf('ünï 🙂')), 'ünï 🙂');
});

test('the format is one that the standard lists, and the finders are where they belong', () => {
  const seen = new Set();
  for (let k = 0; k < 60; k += 1) {
    const cells = qrOf(`${k}${k % 2 ? 'x'.repeat(300) : ''}`);
    const { bits, level, mask } = formatOf(cells);
    if (bits in KNOWN) assert.deepEqual(KNOWN[bits], [level, mask]);
    seen.add(level);
    const rows = [cells[0], cells[cells.length - 7]].map((row) => row.slice(0, 8));
    for (const row of rows) assert.equal(row.map(Number).join(''), '11111110');
    assert.equal(cells[cells.length - 8][8], true);
  }
  assert.deepEqual([...seen].sort(), ['L', 'M']);
});

test('a link that is too long for any code is refused in words', () => {
  assert.throws(() => qrOf('x'.repeat(2954)), /at most 2,953 bytes; this link has 2954/);
});
