// The arithmetic of the long list, of which only the rows near the window are in the DOM: which
// those are, and where a key leads. Pure. Lengths are CSS pixels; all rows are equally high.

export const ROW_HEIGHT = 48;
/** Rows drawn beyond either end of the window, so that fast scrolling meets no blank. */
export const OVERSCAN = 6;

/** Rows [first, last). */
export interface Rows {
  readonly first: number;
  readonly last: number;
}

/** The rows that a window of `height`, scrolled down by `top`, shows at least partly. */
export const rowsOnView = (top: number, height: number): Rows => ({
  first: Math.max(0, Math.floor(top / ROW_HEIGHT)),
  last: Math.max(0, Math.ceil((top + height) / ROW_HEIGHT)),
});

/** The rows to draw, of `count` in all: those on view, and `beyond` at either end. */
export function rowsDrawn({ first, last }: Rows, count: number, beyond: number): Rows {
  const end = Math.min(count, last + beyond);
  return { first: Math.max(0, Math.min(first - beyond, end)), last: end };
}

/** How far to scroll to have the row whole in the window: as little as possible. */
export const revealing = (row: number, top: number, height: number): number =>
  Math.max(0, Math.min(Math.max(top, (row + 1) * ROW_HEIGHT - height), row * ROW_HEIGHT));

/**
 * The row that a key leads to from row `at`, or −1 for the search box above the first;
 * undefined: the key does not move. `page` is the number of rows that fit the window.
 */
export function movedTo(key: string, at: number, count: number, page: number): number | undefined {
  const within = (row: number): number => Math.max(0, Math.min(count - 1, row));
  switch (key) {
    case "ArrowUp":
      return Math.min(at - 1, count - 1);
    case "ArrowDown":
      return within(at + 1);
    case "PageUp":
      return within(at - page);
    case "PageDown":
      return within(at + page);
    case "Home":
      return within(0);
    case "End":
      return within(count - 1);
    default:
      return undefined;
  }
}
