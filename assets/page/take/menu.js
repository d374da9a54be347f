// @ts-check
// A menu of what can be taken along: texts to copy, and files to save.

/** @import { Texts } from '../payloads.d.ts' */

import { make, makeButton } from '../draw/element.js';
import { Segment } from '../draw/segment.js';

/** @typedef {'command' | 'python' | 'api'} Language */

/** @type {[Language, string][]} */
const LANGUAGES = [
  ['command', 'Command'],
  ['python', 'Python'],
  ['api', 'API call'],
];
const SAID = 1600; // milliseconds that a button says what it did

/**
 * Something to save.
 * @typedef {object} File
 * @property {string} words
 * @property {string} title
 * @property {() => Promise<void>} save
 */

export class Menu {
  /**
   * @param {string} about what is taken along
   * @param {() => Promise<Texts>} texts asks for the texts
   * @param {readonly File[]} files
   */
  constructor(about, texts, files) {
    this.texts = texts;
    /** @type {Language} */
    this.language = 'command';
    /** @type {Texts | null} */
    this.shown = null;
    this.node = make('details', 'd-take');
    this.node.append(make('summary', '', 'Take it along'));
    this.text = make('pre');
    this.text.tabIndex = 0; // to be scrolled by keyboard
    this.text.setAttribute('aria-label', about);
    this.warning = make('p', 'd-note');
    this.status = make('p', 'd-state');
    this.status.setAttribute('role', 'status');
    /** @type {Segment<Language>} */
    this.languages = new Segment('', (language) => this.show(language));
    this.languages.offer(LANGUAGES);
    this.copyButton = makeButton('d-pill', 'Copy', () => this.copy());
    const bar = make('div', 'd-bar');
    bar.append(make('span', 'd-h', about), this.languages.node, this.copyButton);
    const saves = make('div', 'd-saves');
    for (const file of files) saves.append(this.makeSave(file));
    this.node.append(bar, this.text, this.warning, saves, this.status);
    this.node.addEventListener('toggle', () => this.draw());
  }

  /** @param {File} file */
  makeSave({ words, title, save }) {
    const button = makeButton('d-pill', words, async () => {
      button.disabled = true;
      this.status.textContent = `${words}: being made …`;
      this.status.textContent = await outcome(save, `${words}: saved`);
      button.disabled = false;
      button.focus();
    });
    button.title = title;
    return button;
  }

  /** @param {Language} language */
  show(language) {
    this.language = language;
    this.languages.show(language);
    this.text.textContent = this.shown?.[language] ?? '';
  }

  /** Asks for the texts of what is shown now, where the menu is open. */
  async draw() {
    if (!this.node.open) return;
    this.status.textContent = '';
    const said = await outcome(async () => {
      this.shown = await this.texts();
    }, '');
    if (said) this.shown = null;
    this.warning.textContent = said || (this.shown?.warning ?? '');
    this.show(this.language);
  }

  async copy() {
    const text = this.text.textContent ?? '';
    try {
      await navigator.clipboard.writeText(text);
      this.copyButton.textContent = 'Copied';
    } catch {
      getSelection()?.selectAllChildren(this.text); // to be copied by hand
      this.copyButton.textContent = 'Selected';
    }
    setTimeout(() => {
      this.copyButton.textContent = 'Copy';
    }, SAID);
  }
}

/**
 * What to say of some work: that it is done, or why not.
 * @param {() => Promise<void>} work
 * @param {string} done
 */
async function outcome(work, done) {
  try {
    await work();
    return done;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return why || 'That did not work. Try again.';
  }
}
