// The accuracies: a table for each contest, of all that is finished.
import { shared, on, make } from './state.js';

export function mount({ element }) {
  const root = element.querySelector('.d-accuracies');
  const HEADS = ['', 'images a class', 'accuracy, %', '95 % interval', 'each seed', 'minus random real', '95 % interval', ''];

  const percent = (x) => x.toFixed(1);
  const signed = (x) => (x > 0 ? '+' : '') + x.toFixed(1);
  const between = (low, high, form) => (low === null ? '–' : `${form(low)} to ${form(high)}`);

  function cells(row) {
    const beside = row.difference !== null;
    return [
      row.images, percent(row.mean), between(row.low, row.high, percent), row.each.map(percent).join(' · '),
      beside ? signed(row.difference) : '', beside ? between(row.difference_low, row.difference_high, signed) : '', row.verdict,
    ];
  }

  function line(row) {
    const tr = make('tr');
    const title = make('th');
    title.scope = 'row';
    if (row.link) {
      const link = title.appendChild(make('a', 'd-link', row.name));
      link.href = `?${new URLSearchParams(row.link)}`;
      link.target = '_blank'; // what is on this page stays
      link.rel = 'noopener';
    } else title.textContent = row.name;
    tr.append(title, ...cells(row).map((text, k) => make('td', k === 6 ? row.grade : '', text)));
    return tr;
  }

  function tableOf({ caption, rows, full }) {
    const box = make('div', 'd-table');
    box.tabIndex = 0; // to be scrolled by keyboard where it is too wide
    box.setAttribute('aria-label', caption);
    const table = box.appendChild(make('table'));
    table.append(make('caption', '', caption));
    table.appendChild(make('thead')).appendChild(make('tr')).append(...HEADS.map((text) => make('th', '', text)));
    const body = table.appendChild(make('tbody'));
    body.append(...rows.map(line));
    if (full)
      body.append(line({ name: 'all real images', images: 'all', mean: full.mean, low: null, each: full.each, difference: null, verdict: '', link: null }));
    return box;
  }

  function save() {
    const link = make('a');
    link.href = URL.createObjectURL(new Blob([shared.evaluation.csv], { type: 'text/csv' }));
    link.download = 'accuracies.csv';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function draw() {
    const tables = shared.evaluation?.tables ?? [];
    const text = JSON.stringify(tables);
    if (text === root.dataset.shown) return; // redrawn for nothing, it would lose focus and scroll
    root.dataset.shown = text;
    root.replaceChildren(...tables.map(tableOf));
    root.hidden = !tables.length;
    const button = make('button', 'd-pill', 'Download CSV');
    button.type = 'button';
    button.addEventListener('click', save);
    const foot = make('div', 'd-bar');
    foot.append(button, make('span', '', 'A set’s name is a link that makes it again. Intervals are Student’s over the seeds; differences are taken seed by seed. Accuracies compare within one table.'));
    root.append(foot);
  }

  on('evaluation', draw);
  draw();
}
