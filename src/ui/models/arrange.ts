// Panels are moved to another place: dragged by their handle, or step by step with its arrows. Loaded
// with the first that is moved.

import { movePanel, panelCount, view } from "./page.ts";

const placesNow = (): readonly HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>("[data-place]"),
];
const placeAt = (x: number, y: number): HTMLElement | undefined =>
  placesNow().find((place) => {
    const { left, right, top, bottom } = place.getBoundingClientRect();
    return x >= left && x <= right && y >= top && y <= bottom;
  });

/** So near to an edge of the window, the page scrolls under what is dragged, CSS pixels. */
const EDGE = 64;
const SCROLL = 16;

/** Follows the pointer until it is let go; Escape leaves all as it was. */
export function drag(start: PointerEvent, from: number): void {
  if (start.button !== 0) return;
  const dragged = placesNow()[from];
  if (dragged === undefined) return;
  const ended = new AbortController();
  let target: HTMLElement | undefined;
  const aim = (next: HTMLElement | undefined): void => {
    target?.removeAttribute("data-drop");
    target = next === dragged ? undefined : next;
    target?.setAttribute("data-drop", "");
  };
  const end = (): void => {
    ended.abort();
    aim(undefined);
    dragged.removeAttribute("data-dragged");
  };
  const { signal } = ended;
  dragged.setAttribute("data-dragged", "");
  addEventListener(
    "pointermove",
    ({ clientX, clientY }) => {
      if (clientY < EDGE) scrollBy(0, -SCROLL);
      else if (clientY > innerHeight - EDGE) scrollBy(0, SCROLL);
      aim(placeAt(clientX, clientY));
    },
    { signal },
  );
  addEventListener(
    "pointerup",
    () => {
      const to = target?.dataset.place;
      end();
      if (to !== undefined) movePanel(from, Number(to));
    },
    { signal },
  );
  addEventListener("pointercancel", end, { signal });
  addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape") end();
    },
    { signal },
  );
}

/** Columns that are on view. */
function columnsNow(): number {
  const tops = placesNow().map((place) => place.offsetTop);
  const first = tops.findIndex((top) => top !== tops[0]);
  return first < 0 ? Math.max(1, tops.length) : first;
}

/** An arrow: sideways by one place, up and down by a row. The focus stays on the handle. */
export function step(key: string, from: number): void {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columnsNow(), ArrowDown: columnsNow() }[key];
  if (by === undefined) return;
  const to = Math.min(Math.max(from + by, 0), panelCount.peek() - 1);
  if (to === from) return;
  const { ariaLabel } = handleOf(from) ?? {};
  movePanel(from, to);
  const { panels } = view.peek();
  let frames = FRAMES;
  const focus = (): void => {
    const handle = handleOf(to);
    if (handle?.ariaLabel === ariaLabel) handle?.focus();
    else if (view.peek().panels === panels && frames-- > 0) requestAnimationFrame(focus);
  };
  requestAnimationFrame(focus);
}

/** So many frames later the page shows the panels in their new places, or something else. */
const FRAMES = 30;

const handleOf = (index: number): HTMLElement | null =>
  document.querySelector(`[data-move="${index}"]`);
