// @ts-check
// What happens on the page, by name. A part says what happened, and whoever shows it listens: so a
// part changes nothing of another.

/** @import { Evaluation, Lineup, Run, Step, Studies, Sweep } from './payloads.d.ts' */

/**
 * @typedef {object} Choice
 * @property {Set<number>} numbers images of the run that are selected
 * @property {number[] | null} rows real images that are selected beside them, by their points
 */

/**
 * @typedef {object} End
 * @property {string} run what is over: the name of its tab
 * @property {'stopped' | 'failed' | 'ended'} how "stopped" comes as soon as Stop is pressed;
 *   "ended" comes at the end of what was stopped, too
 */

/**
 * @typedef {object} Followed
 * @property {'compare' | 'whole' | 'sweep' | 'guess' | 'train'} run several runs together, or a
 *   training: the name of their button
 * @property {string | null} id with which a page that is loaded again finds them; null when there
 *   is nothing more to find
 */

/**
 * @typedef {object} Asked
 * @property {Readonly<Record<string, string>>} query parameters of the link to it
 * @property {boolean} run whether it is to be made, too
 */

/**
 * What comes with each event.
 * @typedef {object} Events
 * @property {Run | Step} run it is shown from now on
 * @property {Choice} choose it is selected from now on
 * @property {number | null} film how far the images have come, from 0 to 1, in a run that is played
 *   again; null at its end
 * @property {Evaluation} evaluation it is shown from now on
 * @property {Followed} followed it is followed from now on
 * @property {{ lost: boolean }} connection it was lost, or is back
 * @property {End} end something slow is over, or is to stop
 * @property {undefined} theme light or dark was chosen
 * @property {Lineup} lineup it is to be compared from now on
 * @property {undefined} fresh Compare is to show what it shows before anything is arranged
 * @property {number | null} lanes what the lane of a slot shows has changed, or what all show
 * @property {'pair' | 'real'} game it is guessed from now on
 * @property {Sweep} sweep it is to be swept from now on
 * @property {undefined} whole more is known of the whole sets
 * @property {undefined} browse another class of the whole sets is looked at
 * @property {undefined} look something else of the comparison is looked at
 * @property {Asked} asked a run of Explore is to be set, and made if it says so
 * @property {Record<string, unknown>} form the controls of Explore hold these values
 * @property {{ names: readonly string[], label: number }} label this class is chosen on Explore
 * @property {Record<string, string>} settings of Explore's controls, as a link has them
 * @property {Studies} studies they are shown from now on
 * @property {{ tab: string } & Record<string, string>} plane a tab's map looks like this from now
 *   on, as a link has it
 * @property {undefined} present the page is to be shown to an audience, or no longer
 * @property {string} words a sentence to the visitor
 * @property {undefined} past one can go back or forth in the past of some settings, or no longer
 * @property {undefined} address the address of the page follows what is shown
 * @property {undefined} tab another tab is shown
 * @property {undefined} large the marked image of a lane is to be shown large
 */

const bus = new EventTarget();

/**
 * Listens to an event.
 * @template {keyof Events} K
 * @param {K} name
 * @param {(detail: Events[K]) => void} listener
 */
export function on(name, listener) {
  bus.addEventListener(name, (event) => listener(/** @type {CustomEvent} */ (event).detail));
}

/**
 * Says that something happened.
 * @template {keyof Events} K
 * @param {K} name
 * @param {Events[K]} detail
 */
export function say(name, detail) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}
