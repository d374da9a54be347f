// @ts-check
// A page of the tour, and what its texts are made of.

/** @import { TourStudy } from '../payloads.d.ts' */
/** @import { World } from './world.js' */

/**
 * @typedef {object} Ask
 * @property {string} question
 * @property {readonly string[]} options
 */

/**
 * @typedef {object} Page
 * @property {string} id as a link names it, and `viz.visitor.link` knows it
 * @property {string} title
 * @property {(world: World) => Promise<void>} on sets the page
 * @property {(world: World) => void} [out] lets go of what only this page needs
 * @property {(world: World) => string[]} text
 * @property {Ask | null} ask what is to be predicted
 * @property {string} action what is to be done
 * @property {(world: World) => boolean} complete whether it was done
 * @property {(world: World) => number} truth the option that the numbers bear out; -1 for none
 * @property {(world: World) => string[]} told what was measured
 */

/**
 * What a study says, by its name.
 * @param {World} world
 * @param {string} name
 * @returns {TourStudy}
 */
export function studyOf({ facts }, name) {
  const study = facts?.studies[name];
  if (!study) throw new Error(`the tour knows no study ${name}`);
  return study;
}

/**
 * How many methods a study counts.
 * @param {TourStudy['counts']} counts
 */
export const all = ({ better, like, worse }) => better + like + worse;

/**
 * The finished run of Explore.
 * @param {World} world
 */
export function runOf(world) {
  const run = world.run() ?? world.before;
  if (!run) throw new Error('there is no run on the page');
  return run;
}
