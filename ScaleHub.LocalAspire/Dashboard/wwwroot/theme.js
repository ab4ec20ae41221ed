// Loaded before anything is drawn, so that a chosen theme does not flash. Without a choice, the system's theme holds.
{
  let chosen = null;
  try {
    chosen = localStorage.getItem('theme');
  } catch {
    // Storage can be forbidden; then the choice lasts as long as the page.
  }
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
}
