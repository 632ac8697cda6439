// Which places of panels somebody sees, or is about to: the others are left empty, at the height that
// they had, so that nothing moves. Loaded where there are more panels than the first.

import { batch } from "@preact/signals";
import { forget, soon } from "../chart/frames.ts";
import { Flight, REST } from "./flight.ts";
import { seen } from "./placed.ts";

/** So far outside of the window a place counts as seen: it is ready when it comes. */
const MARGIN = "25%";
/** Between two places that were flown over and are still there, ms: together they would take a long frame. */
const EACH = 100;

const keys = new WeakMap<Element, string>();
const flight = new Flight();
/** Places that came while the page flew: they ask nothing, since questions cost rows. */
const flown = new Set<Element>();
let landing: ReturnType<typeof setTimeout> | undefined;

const observer = new IntersectionObserver(
  (entries) => {
    batch(() => {
      for (const { target, isIntersecting, boundingClientRect } of entries) {
        flown.delete(target);
        if (!isIntersecting) gone(target, boundingClientRect.height);
        else if (flight.isFlying) flown.add(target);
        else come(target);
      }
    });
  },
  { rootMargin: `${MARGIN} 0px` },
);

/** A place is seen, in its turn among all that is drawn. */
function come(place: Element): void {
  soon(place, () => {
    const key = keys.get(place);
    if (key !== undefined) seen.value = new Set([...seen.peek(), key]);
  });
}

/** A place is seen no more. It keeps the height that it had, whatever is in it. */
function gone(place: Element, height: number): void {
  forget(place);
  const key = keys.get(place);
  const rest = new Set(seen.peek());
  if (key === undefined || !rest.delete(key)) return;
  if (place instanceof HTMLElement) place.style.setProperty("--kept", `${height}px`);
  seen.value = rest;
}

/** The page is at rest: one place after the other is seen. */
function land(): void {
  flight.isFlying = false;
  const [place] = flown;
  if (place === undefined) return;
  flown.delete(place);
  come(place);
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
    forget(place);
    const rest = new Set(seen.peek());
    if (rest.delete(key)) seen.value = rest;
  };
}
