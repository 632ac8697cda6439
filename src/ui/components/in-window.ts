// An open box stays in the window: it is as high as there is room below its button, or where that is little, moved
// up over it. Loaded with the first box that opens.

/** Room to the edge of the window, CSS pixels. */
const GAP = 8;
/** A box that is lower than this is moved instead. */
const LOW = 320;

/** `box` is placed by its top, and scrolls. It is looked at as often as its size changes. */
export function keepInWindow(box: HTMLElement): void {
  const place = (): void => {
    box.style.marginTop = box.style.maxHeight = "";
    const { top, bottom } = box.getBoundingClientRect();
    const room = innerHeight - GAP - top;
    if (bottom - top <= room) return;
    if (room >= LOW) {
      box.style.maxHeight = `${room}px`;
      return;
    }
    // The bar on top stays in sight.
    const bar = document.querySelector("header.bar")?.getBoundingClientRect().bottom ?? 0;
    const up = Math.min(bottom - top - room, top - Math.max(bar, 0) - GAP);
    if (up > 0) box.style.marginTop = `${-up}px`;
  };
  // Not at once: it may change the size that is observed.
  new ResizeObserver(() => requestAnimationFrame(place)).observe(box);
  addEventListener("resize", place);
}
