// @ts-check
// Elements of the page. Text is only ever set as text.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {string} text
 */
export function make(tag, className = '', text = '') {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

/**
 * @param {string} className
 * @param {string} text
 * @param {(event: MouseEvent) => void} click
 */
export function makeButton(className, text, click) {
  const button = make('button', className, text);
  button.type = 'button';
  button.addEventListener('click', click);
  return button;
}

/**
 * A slider over whole numbers from 0.
 * @param {number} last
 */
export function makeRange(last) {
  const input = make('input');
  input.type = 'range';
  input.min = '0';
  input.max = String(last);
  input.step = '1';
  return input;
}

/**
 * Words that stand out.
 * @param {string | number} text
 * @param {string} title an explanation, on hovering
 */
export function strong(text, title = '') {
  const node = make('b', '', String(text));
  if (title) node.title = title;
  return node;
}

/**
 * A line of words and elements.
 * @param {...(string | Node)} parts
 */
export function makeLine(...parts) {
  const line = make('div');
  line.append(...parts);
  return line;
}

/**
 * An element that must be there.
 * @param {ParentNode} root
 * @param {string} selector
 */
export function find(root, selector) {
  const node = root.querySelector(selector);
  if (!(node instanceof HTMLElement)) throw new Error(`${selector} is not on the page`);
  return node;
}

/**
 * Says whether a button is pressed.
 * @param {Element} button
 * @param {boolean} pressed
 */
export function press(button, pressed) {
  button.setAttribute('aria-pressed', String(pressed));
}
