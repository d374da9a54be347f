// @ts-check
// Parameters of links.

/** @typedef {Readonly<Record<string, string>>} Query */

/** What a link may say of the page besides what it shows: it stays as one goes. */
export const LASTING = ['present', 'hide', 'list', 'at', 'tour', '__theme', '__lang'];

/**
 * Whether two links ask for the same: numbers may be written in several ways.
 * @param {Query} a
 * @param {Query} b
 */
export function sameQuery(a, b) {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => {
    const [one, other] = [a[key], b[key]];
    if (one === other) return true;
    if (one === undefined || other === undefined || one.trim() === '') return false;
    return Number(one) === Number(other);
  });
}

/**
 * The parameters of an address.
 * @param {string} search such as "?tab=compare"
 * @returns {Record<string, string>}
 */
export const queryIn = (search) => Object.fromEntries(new URLSearchParams(search));

/**
 * Those of them that last.
 * @param {Query} query
 */
export function lasting(query) {
  return Object.fromEntries(LASTING.flatMap((key) => (key in query ? [[key, query[key]]] : [])));
}

/**
 * The parameters of a link to what the controls of Explore hold.
 * @param {Readonly<Record<string, any>>} form values by their names; options by their full names
 * @param {string} label the class, as a link names it
 * @param {Readonly<Record<string, unknown>>} usual values of the options
 * @returns {Record<string, string>}
 */
export function queryOfForm({ dataset, method, ...rest }, label, usual) {
  const chosen = Array.isArray(method) && method.length ? method : ['dit'];
  /** @type {Record<string, string>} */
  const query = { dataset: String(dataset), method: chosen.join('+'), classes: label };
  for (const [key, value] of Object.entries(rest)) {
    if (value === null || value === undefined || value === '') continue;
    if (key === 'cfg_channels' && !value) continue; // the prior's own way
    const [owner, option] = key.split('.');
    if (!option || (chosen.includes(owner) && value !== usual[key])) query[key] = String(value);
  }
  return query;
}

/**
 * A class as a link names it: by its number where its name could mean others.
 * @param {readonly string[]} names
 * @param {number} label
 */
export function classText(names, label) {
  const name = names[label] ?? '';
  return !name || /,|^#\d+$|^\s|\s$/.test(name) ? `#${label}` : name;
}

/**
 * Numbers of images in a link, counted from 1 as the page shows them.
 * @param {string | undefined} text such as "1,4"
 */
export function numbersIn(text) {
  const found = (text ?? '').split(',').map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : 0));
  return [...new Set(found)].filter((number) => number > 0).map((number) => number - 1);
}
