// An open box stays in the window: what of it would lie below is moved up. Loaded with the first box that opens.

/** Room to the edge of the window, CSS pixels. */
const GAP = 8;

/** `box` is placed by its top: moved by a margin above it, as often as its size changes. */
export function keepInWindow(box: HTMLElement): void {
  const place = (): void => {
    box.style.marginTop = "";
    const { top, bottom } = box.getBoundingClientRect();
    // The bar on top stays in sight.
    const bar = document.querySelector("header.bar")?.getBoundingClientRect().bottom ?? 0;
    const up = Math.min(bottom - innerHeight, top - Math.max(bar, 0) - GAP) + GAP;
    if (up > GAP && bottom > innerHeight - GAP) box.style.marginTop = `${-up}px`;
  };
  new ResizeObserver(place).observe(box);
  addEventListener("resize", place);
}
