// @ts-check
// What is mended of Gradio's own markup, so that everybody can use it, as soon as it is there.

/** Attributes that name a control otherwise than its words do, or that are of an old standard. */
const WRONG = { '.upload-container': ['aria-label', 'aria-dropeffect'] };

function mend() {
  for (const [selector, names] of Object.entries(WRONG))
    for (const node of document.querySelectorAll(selector))
      for (const name of names) node.removeAttribute(name);
}

/** Mends what is there, and from now on what comes. */
export function mendAll() {
  mend();
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
}
