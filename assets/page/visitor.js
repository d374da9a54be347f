// @ts-check
// Whether the visitor did anything yet: before, what changes on the page is how it was opened.

export const visitor = { acted: false };

/** Notes from now on that the visitor does something. */
export function watchVisitor() {
  const note = () => {
    visitor.acted = true;
  };
  for (const event of ['pointerdown', 'keydown', 'input', 'drop'])
    document.addEventListener(event, note, { capture: true });
}
