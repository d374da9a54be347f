// Plotly, which is no module: its script lies beside this one.
export const plotly = new Promise((resolve, reject) => {
  const script = document.createElement('script');
  script.src = new URL('plotly.min.js', import.meta.url).href;
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => reject(new Error('Plotly could not be loaded'));
  document.head.append(script);
});
