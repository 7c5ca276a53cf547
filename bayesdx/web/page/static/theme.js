// Before the first paint, so that no white flash meets eyes that are used to the dark.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* storage is closed: the system decides */ }
