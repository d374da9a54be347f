// @ts-check
// A QR code of what is shown, for the phones of an audience.

import { stateNow } from '../address.js';
import { make, makeButton } from '../draw/element.js';
import { addShape, makeSvg } from '../draw/svg.js';
import { qrOf } from '../values/qr.js';

const EDGE = 4; // light modules around a code, as the standard asks for
const LOCAL = /^(localhost|127\.|\[::1\])/;
const ONLY_HERE =
  'Only this machine reaches that address. Serve the page to others first: see Deploying in the ' +
  'docs.';

export class Code {
  constructor() {
    this.node = make('dialog', 'd-code');
    this.node.setAttribute('aria-label', 'QR code of this page');
    this.frame = make('div');
    this.link = make('p', 'd-link-text');
    this.note = make('p', 'd-note');
    const close = makeButton('d-pill', 'Close', () => this.node.close());
    this.node.append(this.frame, this.link, this.note, close);
  }

  open() {
    const link = `${location.origin}${location.pathname}?${new URLSearchParams(stateNow())}`;
    this.link.textContent = link;
    this.note.textContent = LOCAL.test(location.host) ? ONLY_HERE : '';
    try {
      this.frame.replaceChildren(drawn(qrOf(link)));
    } catch (error) {
      this.frame.replaceChildren(make('p', '', error instanceof Error ? error.message : ''));
    }
    this.node.showModal();
  }
}

/** @param {boolean[][]} cells */
function drawn(cells) {
  const side = cells.length + 2 * EDGE;
  const svg = makeSvg({ viewBox: `0 0 ${side} ${side}`, 'shape-rendering': 'crispEdges' });
  addShape(svg, 'rect', { width: side, height: side, fill: '#fff' });
  const dark = cells.flatMap((row, r) =>
    row.flatMap((cell, c) => (cell ? [`M${c + EDGE} ${r + EDGE}h1v1h-1z`] : [])),
  );
  addShape(svg, 'path', { d: dark.join(''), fill: '#000' });
  return svg;
}
