// Before the first paint: the theme that was chosen here, or else the system's.
{
  let chosen;
  try {
    chosen = localStorage.getItem("minuet.theme");
  } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen ?? (dark ? "dark" : "light");
}
