// @ts-check
// Where one is on the tour: which page, what was predicted, and which pages are done. It is kept in
// the browser, so that one goes on there another day.

/**
 * @typedef {object} Course
 * @property {string} page id of the page that is open, or was last
 * @property {boolean} open whether the tour is on the page
 * @property {Readonly<Record<string, number>>} answers predictions, by page: numbers of options
 * @property {readonly string[]} done ids of pages whose action was done
 */

const KEY = 'distiller-tour';

/**
 * The tour before its first page.
 * @param {readonly string[]} ids
 * @returns {Course}
 */
export const begun = (ids) => ({ page: ids[0], open: false, answers: {}, done: [] });

/**
 * What was kept, as far as it is of this tour.
 * @param {string | null} text
 * @param {readonly string[]} ids
 * @returns {Course}
 */
export function courseOf(text, ids) {
  const fresh = begun(ids);
  try {
    const { page, open, answers, done } = JSON.parse(text ?? '');
    const own = Object.entries(answers ?? {}).filter(
      ([id, k]) => ids.includes(id) && Number.isInteger(k) && Number(k) >= 0,
    );
    return {
      page: ids.includes(page) ? page : fresh.page,
      open: open === true,
      answers: Object.fromEntries(own.map(([id, k]) => [id, Number(k)])),
      done: ids.filter((id) => Array.isArray(done) && done.includes(id)),
    };
  } catch {
    return fresh; // anyone may have written there
  }
}

/**
 * @param {Course} course
 * @param {string} page
 * @param {number} answer
 * @returns {Course}
 */
export const withPrediction = (course, page, answer) => ({
  ...course,
  answers: { ...course.answers, [page]: answer },
});

/**
 * @param {Course} course
 * @param {string} page
 * @returns {Course}
 */
export const withDone = (course, page) =>
  course.done.includes(page) ? course : { ...course, done: [...course.done, page] };

/**
 * The same without what was predicted and done on a page, so that it can be gone through again.
 * @param {Course} course
 * @param {string} page
 * @returns {Course}
 */
export function withoutPage(course, page) {
  const { [page]: _, ...answers } = course.answers;
  return { ...course, answers, done: course.done.filter((id) => id !== page) };
}

/**
 * The page that lies some pages ahead; null beyond the ends.
 * @param {readonly string[]} ids
 * @param {string} page
 * @param {number} steps
 */
export const pageFrom = (ids, page, steps) => ids[ids.indexOf(page) + steps] ?? null;

/** @param {readonly string[]} ids */
export function recall(ids) {
  try {
    return courseOf(localStorage.getItem(KEY), ids);
  } catch {
    return begun(ids); // a browser may allow no storage
  }
}

/** @param {Course} course */
export function remember(course) {
  try {
    localStorage.setItem(KEY, JSON.stringify(course));
  } catch {
    // without storage the tour begins anew the next time
  }
}
