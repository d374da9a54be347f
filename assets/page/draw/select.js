// @ts-check
// A choice among several.

/**
 * Offers options, and shows which is chosen.
 * @param {HTMLSelectElement} select
 * @param {[string, string][]} options values and words
 * @param {string} chosen
 */
export function fill(select, options, chosen) {
  const known = [...select.options].map(({ value, text }) => `${value} ${text}`).join();
  if (known !== options.map((option) => option.join(' ')).join())
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.value = chosen;
}
