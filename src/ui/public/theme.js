// Before the first paint: the theme that was chosen here, or else the system's. And before the page can take
// them: keys that are meant for its search box, which begin with "/".
{
  let chosen;
  try {
    chosen = localStorage.getItem("minuet.theme");
  } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen ?? (dark ? "dark" : "light");
}
{
  let typed;
  const take = (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || (typed === undefined && key !== "/")) return;
    if (event.target.matches?.("input, select, textarea")) return;
    if (key.length === 1) typed = typed === undefined ? "" : typed + key;
    else if (key === "Backspace") typed = typed.slice(0, -1);
    else return;
    event.preventDefault();
  };
  addEventListener("keydown", take);
  // Then the page is there, with a search box or without.
  addEventListener("load", () => removeEventListener("keydown", take));
  /** Hands over what was typed since "/"; undefined: it was not. */
  window.takeTyped = () => {
    const taken = typed;
    removeEventListener("keydown", take);
    typed = undefined;
    return taken;
  };
}
