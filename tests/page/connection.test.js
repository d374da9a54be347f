// @ts-check
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { say } from '../../assets/page/bus.js';

/** @import { Run } from '../../assets/page/payloads.d.ts' */

const page = { loads: 0, state: 'none', asked: '' };

/** A browser, as far as the connection needs one. */
function browser() {
  const [sessionStorage, nothing] = [{ getItem: () => null, setItem() {} }, () => {}];
  const location = { reload: () => (page.loads += 1) };
  const document = { baseURI: 'http://page/', hidden: false, addEventListener: nothing };
  const fetch = async (/** @type {URL} */ _, /** @type {{ body: string }} */ { body }) => {
    page.asked = body;
    return { ok: true, text: async () => page.state };
  };
  Object.assign(globalThis, { sessionStorage, location, document, fetch });
  Object.assign(globalThis, { addEventListener: nothing });
}

/** @param {number} seconds */
async function pass(seconds) {
  for (let second = 0; second < seconds; second += 1) {
    mock.timers.tick(1000);
    for (let turn = 0; turn < 9; turn += 1) await Promise.resolve();
  }
}

/**
 * @param {string} id
 * @param {boolean} live
 */
function showRun(id, live) {
  say('run', /** @type {Run} */ (/** @type {unknown} */ ({ id, live })));
}

test('the page is loaded again for a run that is over, and for no other', async () => {
  browser();
  mock.timers.enable({ apis: ['setTimeout'] });
  const { watch } = await import('../../assets/page/connection.js');
  watch();
  showRun('a', true);
  for (page.state of ['asked', 'waiting', 'running', 'replaced']) {
    await pass(60);
    assert.equal(page.loads, 0, page.state);
    assert.equal(page.asked, 'a');
  }
  page.state = 'shown';
  await pass(12);
  assert.equal(page.loads, 0); // its last event may still be on the way
  showRun('a', false);
  page.state = 'none'; // as the server answers where no id is given
  await pass(60);
  assert.equal(page.asked, '');
  assert.equal(page.loads, 0);
  showRun('b', true);
  page.state = 'shown';
  await pass(40);
  assert.ok(page.loads > 0);
  mock.timers.reset();
});
