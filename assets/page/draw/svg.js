// @ts-check
// Drawings.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function makeShape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/**
 * A drawing, whose words stand beside it.
 * @param {Record<string, string | number>} attributes
 */
export function makeSvg(attributes = {}) {
  return makeShape('svg', { 'aria-hidden': 'true', ...attributes });
}

/**
 * Adds a shape to a drawing.
 * @param {Element} svg
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
export function addShape(svg, tag, attributes) {
  svg.append(makeShape(tag, attributes));
}
