// @ts-check
// What a manifest says of the set or the comparison that it lies beside.

/**
 * What is to be shown of a file.
 * @typedef {object} Found
 * @property {'run' | 'comparison'} kind
 * @property {Record<string, string>} query of the link that makes it again
 * @property {number[]} chosen images of the run that are selected
 */

/** What a request says in numbers and words. */
const PLAIN = [
  ...['dataset', 'method', 'ipc', 'steps', 'cfg_scale', 'cfg_channels', 'seed', 'sampler'],
];

/**
 * What a manifest asks for. The server checks it, as it checks every link.
 * @param {string} text
 * @returns {Found}
 * @throws {Error} if it is of something else
 */
export function foundIn(text) {
  const manifest = parsed(text);
  const { comparison, request, selection } = manifest;
  if (isRecord(comparison)) return { kind: 'comparison', query: textsOf(comparison), chosen: [] };
  if (!isRecord(request) || !isRecord(request.options) || !Array.isArray(request.classes))
    throw new Error('Its manifest.json is not of a set or a comparison of this page.');
  const query = textsOf({
    ...Object.fromEntries(PLAIN.map((key) => [key, request[key]])),
    classes: `#${request.classes[0]}`,
    cfg_between: Array.isArray(request.cfg_between) ? request.cfg_between.join('-') : null,
    ...request.options,
  });
  const images = isRecord(selection) && Array.isArray(selection.images) ? selection.images : [];
  return { kind: 'run', query, chosen: images.filter(Number.isInteger) };
}

/** @param {string} text */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // the same words are said of both
  }
  throw new Error('Its manifest.json cannot be read.');
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param {Record<string, unknown>} values
 * @returns {Record<string, string>}
 */
function textsOf(values) {
  const said = Object.entries(values).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(said.map(([key, value]) => [key, String(value)]));
}
