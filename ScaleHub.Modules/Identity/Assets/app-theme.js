// Before anything is drawn: the theme that was chosen in this browser. Without a choice the system's is used.
(() => {
  try {
    const theme = localStorage.getItem("scalehub.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing shows the system's theme.
  }
})();
