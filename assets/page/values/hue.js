// @ts-check
// Colours of many classes: evenly around the circle of hues, neighbours far apart in lightness.

/**
 * The colour of a class among so many, as a style sheet has it.
 * @param {number} label
 * @param {number} count of all classes
 * @param {boolean} dark whether it lies on a dark ground
 */
export function hueOf(label, count, dark) {
  const hue = Math.round((360 * label) / Math.max(count, 1));
  const light = (dark ? 68 : 42) + (label % 2 ? 8 : -4);
  return `hsl(${hue}, ${dark ? 70 : 62}%, ${light}%)`;
}
