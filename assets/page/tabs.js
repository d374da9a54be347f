// @ts-check
// The tabs of the page.

/**
 * Shows the tab of a title.
 * @param {string} title
 */
export function showTab(title) {
  const tabs = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('#tabs [role=tab]')
  );
  [...tabs].find((tab) => tab.textContent?.trim() === title)?.click();
}
