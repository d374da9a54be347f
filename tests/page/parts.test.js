// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepOf } from '../../assets/page/draw/arrows.js';
import { placeOf } from '../../assets/page/draw/tile.js';
import { coloursOf } from '../../assets/page/evaluate/chart.js';

test('arrow keys go ahead and back; those up and down only where they may', () => {
  const keys = ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'Enter', 'toString'];
  assert.deepEqual(
    keys.map((key) => stepOf(key, false)),
    [1, -1, 0, 0, 0, 0],
  );
  assert.deepEqual(
    keys.map((key) => stepOf(key, true)),
    [1, -1, 1, -1, 0, 0],
  );
});

test('images lie on a sheet row by row', () => {
  assert.deepEqual(placeOf(0, 10, 4), { columns: 4, rows: 3, column: 0, row: 0 });
  assert.deepEqual(placeOf(9, 10, 4), { columns: 4, rows: 3, column: 1, row: 2 });
});

test('each set has a colour of its own, and random real images are grey', () => {
  const line = { name: '', images: '10', curves: [], ends: [] };
  const lines = ['random', 'set', 'random', 'set'].map((kind) => ({ ...line, kind }));
  assert.deepEqual(coloursOf(lines), ['real', 'synthetic', 'real', 'accent']);
});
