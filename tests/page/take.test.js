// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broken, escaped, svgOf } from '../../assets/page/take/drawing.js';
import { mapSvg, matrixSvg } from '../../assets/page/take/plate.js';
import { reportOf } from '../../assets/page/take/report.js';
import { fileName } from '../../assets/page/take/save.js';

const INK = { panel: '#fff', ink: '#111', muted: '#555' };
const EVIL = `</svg><script>alert(1)</script>" & 'x'`;
const WORDS = { title: EVIL, settings: [EVIL], notes: [EVIL] };
const PNG = 'data:image/png;base64,AAAA';

/**
 * Whether a drawing is XML whose elements are closed in their order.
 * @param {string} text
 */
function isWhole(text) {
  /** @type {string[]} */
  const open = [];
  for (const [, close, name, rest] of text.matchAll(/<(\/?)([a-zA-Z]+)((?:"[^"]*"|[^">])*)>/g)) {
    if (close) {
      if (open.pop() !== name) return false;
    } else if (!rest.endsWith('/')) open.push(name);
  }
  return !open.length;
}

/**
 * Everything that a text would fetch.
 * @param {string} text
 */
const fetched = (text) =>
  [...text.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)]
    .map(([, target]) => target)
    .filter((target) => !target.startsWith('#') && !target.startsWith('data:'));

test('text stands in a drawing as it is, and nothing of it is markup', () => {
  assert.equal(escaped(`<b>"&'`), '&lt;b&gt;&quot;&amp;&#39;');
  assert.equal(escaped('a\u0000b\u0008c'), 'abc');
  const svg = svgOf({ width: 10.2, height: 5, ground: '#fff', title: EVIL }, []);
  assert.ok(isWhole(svg));
  assert.ok(!svg.includes('<script'));
  assert.match(svg, /width="11" height="5"/);
});

test('words are broken into lines that fit, and no word is lost', () => {
  const words = 'one two three four five six seven eight';
  const lines = broken(words, 100, 12);
  assert.ok(lines.length > 2);
  assert.equal(lines.join(' '), words);
  assert.deepEqual(broken('', 100, 12), []);
  const link = broken(`http://x/?${'a=1&'.repeat(20)}`, 100, 12);
  assert.ok(link.every((line) => line.length <= lines[0].length + 8));
  assert.equal(link.join(''), `http://x/?${'a=1&'.repeat(20)}`);
});

test('a matrix holds a row for each lane and each sheet once', () => {
  const images = { sheet: PNG, n: 7, columns: 5 };
  const lane = { mark: 'M0 0H1', colour: '#f00', name: EVIL, settings: 'CFG 2', images };
  const svg = matrixSvg(WORDS, [lane, { ...lane, images: null }], INK);
  assert.ok(isWhole(svg));
  assert.equal(svg.split(PNG).length - 1, 1);
  assert.equal(svg.match(/<use href="#sheet-0"/g)?.length, 7);
  assert.match(svg, /viewBox="100 100 100 100"/); // the seventh image lies in the second row
  assert.match(svg, /not made yet/);
  assert.deepEqual(fetched(svg), []);
});

test('a map has its keys, its field and its notes', () => {
  const plot = { svg: '<svg xmlns="http://www.w3.org/2000/svg"></svg>', width: 400, height: 300 };
  const keys = [
    { colour: '#f00', words: 'real 3' },
    { colour: '#00f', words: 'DAP', mark: 'M0 0H1' },
  ];
  const field = { uri: PNG, x: 1, y: 2, width: 3, height: 4 };
  const svg = mapSvg({ ...WORDS, title: 'Digits' }, keys, plot, field, INK);
  assert.ok(isWhole(svg));
  for (const part of ['real 3', 'DAP', PNG, 'Digits', plot.svg]) assert.ok(svg.includes(part));
  assert.ok(!mapSvg(WORDS, keys, plot, null, INK).includes(PNG));
});

test('a report needs nothing from elsewhere, and says what it was told', () => {
  /** @type {import('../../assets/page/payloads.d.ts').Score} */
  const score = {
    ...{ space: 'latents', name: 'mmd2', title: 'MMD²', about: EVIL, value: 0.012, mean: 0.03 },
    ...{ spread: 0.01, draws: [], grade: 'better', verdict: 'lower than chance' },
  };
  const lane = { name: EVIL, settings: 'CFG 2', scores: [score], real: false };
  const report = reportOf({
    ...{ title: EVIL, link: 'http://127.0.0.1/?a=1&b=2', settings: [EVIL], lanes: [lane, lane] },
    told: { latents: ['MMD² tells one from the other.'] },
    pictures: [{ title: 'The map', svg: matrixSvg(WORDS, [], INK) }],
    texts: { command: 'python -m distiller', python: 'made = 1' },
  });
  assert.deepEqual(fetched(report), ['http://127.0.0.1/?a=1&amp;b=2']); // the link to the page
  assert.ok(!report.includes('<script'));
  assert.match(report, /default-src 'none'/);
  assert.match(report, /<b>0\.0120<\/b><small>0\.0300 ± 0\.0100<\/small>/);
  assert.match(report, /tells one from the other/);
  assert.equal(report.match(/lower than chance/g)?.length, 2);
});

test('a file has a name that every system takes', () => {
  assert.equal(fileName('digits-3/..\\: a?'), 'digits-3-..-a-');
  assert.equal(fileName('ünï-1.zip'), 'ünï-1.zip');
});
