// @ts-check
// The gallery: comparisons that are worth a look, each with a sentence of what is to be seen. A
// click takes one in place of the comparison on the page, and makes it.

/** @import { Component } from '../page.js' */
/** @import { GalleryPiece, Menu } from '../payloads.d.ts' */

import { find, make } from '../draw/element.js';
import { arrange, lineupOf, setting } from './lineup.js';
import { clear } from './results.js';

/** @typedef {(nothing: null) => Promise<Menu>} GetMenu */

/**
 * @param {GalleryPiece} piece
 * @param {GetMenu} get asks what a comparison can be made of
 */
function makePiece({ title, words, of, query }, get) {
  const piece = make('a', 'd-piece');
  piece.href = `?${new URLSearchParams({ ...query })}`;
  piece.append(make('b', '', title), make('span', '', words), make('small', '', of));
  piece.addEventListener('click', async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window
    event.preventDefault();
    setting.menu ??= await get(null);
    clear();
    arrange({ ...lineupOf(query, setting.menu), run: true });
    document.querySelector('#lanes')?.scrollIntoView({ block: 'nearest' });
  });
  return piece;
}

/** @param {Component<GalleryPiece[]>} component */
export function mount({ element, props, server }) {
  const root = find(element, '.d-gallery');
  const get = /** @type {GetMenu} */ (server.offered);
  const pieces = make('div', 'd-pieces');
  pieces.append(...(props.value ?? []).map((piece) => makePiece(piece, get)));
  root.append(make('summary', '', 'Gallery: comparisons that are worth a look'), pieces);
}
