// @ts-check
// The head of a table: a column for each lane.

import { make } from '../draw/element.js';
import { makeMark } from './marks.js';

/**
 * @template {{ slot: number, name: string }} Column
 * @param {readonly Column[]} lanes
 * @param {(cell: HTMLElement, lane: Column) => void} more adds to the cell of a lane
 */
export function makeHead(lanes, more = () => {}) {
  const head = make('thead');
  const row = head.appendChild(make('tr'));
  row.append(make('td'));
  for (const lane of lanes) {
    const cell = row.appendChild(make('th'));
    cell.scope = 'col';
    cell.append(makeMark(lane.slot, 14), lane.name);
    more(cell, lane);
  }
  return head;
}
