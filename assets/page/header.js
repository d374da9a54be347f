// The header: the device, a link to the run that is shown, light and dark.
import { shared } from './state.js';

export function mount({ element, props }) {
  element.querySelector('#device').textContent = props.value?.device ?? '';

  const link = element.querySelector('#link');
  link.addEventListener('click', async () => {
    const query = new URLSearchParams(shared.run?.query ?? {});
    const url = `${location.origin}${location.pathname}?${query}`;
    let done = 'Copied';
    try {
      await navigator.clipboard.writeText(url);
    } catch {
      history.replaceState(null, '', url);
      done = 'In the address bar';
    }
    link.textContent = done;
    setTimeout(() => { link.textContent = 'Copy link'; }, 1600);
  });

  element.querySelector('#theme').addEventListener('click', () => document.body.classList.toggle('dark'));
}
