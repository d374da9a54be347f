// @ts-check
// A ZIP file that was taken along opens again by dropping it on the page: its run or its comparison
// is made again, from the settings in its manifest.

import { on, say } from '../bus.js';
import { arrange, lineupOf, setting } from '../compare/lineup.js';
import { clear } from '../compare/results.js';
import { choose } from '../state.js';
import { showTab } from '../tabs.js';
import { foundIn } from './manifest.js';
import { textIn } from './zip.js';

const LARGEST = 100_000_000; // bytes
const OWN = '#upload, #pictures'; // controls that take files themselves

/** @type {number[]} images to select of the run that was asked for */
let wanted = [];

/**
 * Opens a file.
 * @param {File} file
 * @throws {Error} in words, if it is none of this page
 */
async function open(file) {
  if (file.size > LARGEST) throw new Error(`${file.name} is larger than 100 MB.`);
  const text = await textIn(await file.arrayBuffer(), 'manifest.json');
  if (text === null)
    throw new Error(`${file.name} has no manifest.json. Images alone can be uploaded on Evaluate.`);
  const { kind, query, chosen } = foundIn(text);
  if (kind === 'comparison') {
    if (!setting.menu) throw new Error('The page is still being loaded. Drop the file again.');
    clear();
    arrange({ ...lineupOf(query, setting.menu), run: true });
    showTab('Compare');
    return `${file.name}: its comparison is made again.`;
  }
  wanted = chosen;
  say('asked', { query, run: true });
  showTab('Explore');
  return `${file.name}: its run is made again.`;
}

/** @param {DragEvent} event */
function holdsFile({ dataTransfer, target }) {
  const own = target instanceof Element && target.closest(OWN);
  return !own && [...(dataTransfer?.items ?? [])].some(({ kind }) => kind === 'file');
}

/** Has files opened that are dropped on the page from now on. */
export function takeDrops() {
  document.addEventListener('dragover', (event) => {
    if (holdsFile(event)) event.preventDefault(); // else the browser leaves the page for the file
  });
  document.addEventListener('drop', async (event) => {
    const file = holdsFile(event) ? event.dataTransfer?.files[0] : undefined;
    if (!file) return;
    event.preventDefault();
    try {
      say('words', await open(file));
    } catch (error) {
      say('words', error instanceof Error ? error.message : String(error));
    }
  });
  on('run', (run) => {
    if (!run || run.live || !run.id || !wanted.length) return;
    const there = wanted.filter((number) => number < run.n);
    wanted = [];
    setTimeout(() => choose(there)); // once all parts show the run
  });
}
