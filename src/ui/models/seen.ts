// Which places of panels somebody sees, or is about to: the others are left empty, at the height that
// they had, so that nothing moves. Loaded where there are more panels than the first.

import { Flight, REST } from "./flight.ts";
import { seen } from "./placed.ts";

/** So far outside of the window a place counts as seen: it is ready when it comes. */
const MARGIN = "25%";
/** Between two places that were flown over and are still there, ms: together they would take a long frame. */
const EACH = 40;

const keys = new WeakMap<Element, string>();
const flight = new Flight();
/** Places that came while the page flew: they ask nothing, since questions cost rows. */
const flown = new Set<Element>();
let landing: ReturnType<typeof setTimeout> | undefined;

const observer = new IntersectionObserver(
  (entries) => {
    const come: Element[] = [];
    const gone: Element[] = [];
    for (const { target, isIntersecting } of entries) {
      flown.delete(target);
      if (!isIntersecting) gone.push(target);
      else if (flight.isFlying) flown.add(target);
      else come.push(target);
    }
    change(come, gone);
  },
  { rootMargin: `${MARGIN} 0px` },
);

function change(come: readonly Element[], gone: readonly Element[]): void {
  const next = new Set(seen.peek());
  for (const place of come) {
    const key = keys.get(place);
    if (key !== undefined) next.add(key);
  }
  for (const place of gone) {
    const key = keys.get(place);
    if (key !== undefined && next.delete(key) && place instanceof HTMLElement)
      place.style.minHeight = `${place.offsetHeight}px`;
  }
  if (next.size !== seen.peek().size || [...next].some((key) => !seen.peek().has(key)))
    seen.value = next;
}

/** The page is at rest: one place after the other is seen. */
function land(): void {
  flight.isFlying = false;
  const [place] = flown;
  if (place === undefined) return;
  flown.delete(place);
  change([place], []);
  landing = setTimeout(land, EACH);
}

addEventListener(
  "scroll",
  ({ timeStamp }) => {
    flight.moved(timeStamp, scrollY, innerHeight);
    if (!flight.isFlying) return;
    clearTimeout(landing);
    landing = setTimeout(land, REST);
  },
  { passive: true },
);

/** Returns what ends it. */
export function watch(place: HTMLElement, key: string): () => void {
  keys.set(place, key);
  observer.observe(place);
  return () => {
    observer.unobserve(place);
    keys.delete(place);
    flown.delete(place);
    const rest = new Set(seen.peek());
    if (rest.delete(key)) seen.value = rest;
  };
}
