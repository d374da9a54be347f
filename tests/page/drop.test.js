// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { foundIn } from '../../assets/page/take/manifest.js';
import { textIn } from '../../assets/page/take/zip.js';

/**
 * A ZIP archive, written by what the format says.
 * @param {Record<string, string>} files
 * @param {boolean} deflated
 */
function zipOf(files, deflated = false) {
  /** @type {Buffer[]} */
  const parts = [];
  /** @type {Buffer[]} */
  const directory = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const plain = Buffer.from(text);
    const content = deflated ? deflateRawSync(plain) : plain;
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflated ? 8 : 0, 10);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt32LE(plain.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(head, Buffer.from(name), content);
    directory.push(entry, Buffer.from(name));
    at += head.length + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(at, 16);
  const all = Buffer.concat([...parts, ...directory, end]);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength);
}

test('a file is read out of an archive, packed or not, at its top or in its folder', async () => {
  for (const deflated of [false, true]) {
    const files = { '3/0.png': 'x', 'manifest.json': '{"a": "ü"}' };
    assert.equal(await textIn(zipOf(files, deflated), 'manifest.json'), '{"a": "ü"}');
    const inside = { 'set/3/manifest.json': '1', 'set/manifest.json': '2' };
    assert.equal(await textIn(zipOf(inside, deflated), 'manifest.json'), '2');
  }
  assert.equal(await textIn(zipOf({ 'a.png': 'x' }), 'manifest.json'), null);
});

test('what is no archive is refused in words', async () => {
  await assert.rejects(textIn(new ArrayBuffer(100), 'a'), /no ZIP file/);
  await assert.rejects(textIn(new ArrayBuffer(3), 'a'), /no ZIP file/);
  const broken = new Uint8Array(zipOf({ 'a.json': '1' }));
  broken[broken.length - 22 - 46 - 6] = 0; // the mark of its directory
  await assert.rejects(textIn(broken.buffer, 'a.json'), /damaged/);
});

test('a manifest asks for its run, with the images that were selected', () => {
  const request = {
    ...{ dataset: 'digits', method: 'dap', classes: [3, 4], ipc: 2, steps: 5, seed: 0 },
    ...{ cfg_scale: null, sampler: 'ddim', prior: null, options: { 'dap.gamma': 0.5, x: true } },
  };
  const selection = { of: 2, images: [1, 'x'] };
  assert.deepEqual(foundIn(JSON.stringify({ request, selection })), {
    kind: 'run',
    query: {
      ...{ dataset: 'digits', method: 'dap', classes: '#3', ipc: '2', steps: '5', seed: '0' },
      ...{ sampler: 'ddim', 'dap.gamma': '0.5', x: 'true' },
    },
    chosen: [1],
  });
});

test('a manifest asks for its comparison', () => {
  const comparison = { tab: 'compare', lane1: 'random', seed: 3 };
  const found = foundIn(JSON.stringify({ comparison }));
  assert.deepEqual(found.query, { tab: 'compare', lane1: 'random', seed: '3' });
});

test('what is no manifest is refused in words', () => {
  for (const text of ['', '[]', '{"a"']) assert.throws(() => foundIn(text), /cannot be read/);
  for (const text of ['{}', '{"request": 5}']) assert.throws(() => foundIn(text), /not of a set/);
});
