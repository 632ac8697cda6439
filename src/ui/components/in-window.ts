// An open box stays in the window, and off its button, which closes it and has the focus: it is as high as there is
// room below the button, or above it where that is more. Loaded with the first box that opens.

/** Room to the edge of the window, CSS pixels, and to the button. */
const GAP = 8;
/** A box that may be as high as this stays below its button. */
const ENOUGH = 320;
/** Less than this is no use: where the button itself is hardly on view. */
const LEAST = 80;

/** `box` follows its button, is placed by its top, and scrolls. It is looked at as often as its size changes. */
export function keepInWindow(box: HTMLElement): void {
  const place = (): void => {
    box.style.marginTop = box.style.maxHeight = "";
    const { top, bottom } = box.getBoundingClientRect();
    const below = innerHeight - GAP - top;
    const button = box.previousElementSibling?.getBoundingClientRect();
    if (bottom - top <= below || button === undefined) return;
    // The bar on top stays in sight.
    const bar = document.querySelector("header.bar")?.getBoundingClientRect().bottom ?? 0;
    const above = button.top - Math.max(bar, 0) - 2 * GAP;
    const isBelow = below >= Math.min(ENOUGH, above);
    box.style.maxHeight = `${Math.max(LEAST, isBelow ? below : above)}px`;
    if (!isBelow) box.style.marginTop = `${button.top - GAP - box.offsetHeight - top}px`;
  };
  new ResizeObserver(() => {
    // Closed, or gone from the page: nothing listens for what is not there.
    if (box.offsetHeight === 0) {
      removeEventListener("resize", place);
      return;
    }
    addEventListener("resize", place);
    // Not at once: it may change the size that is observed.
    requestAnimationFrame(place);
  }).observe(box);
}
