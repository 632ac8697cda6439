// Which places of panels somebody sees, or is about to: the others are left empty, at the height that
// they had, so that nothing moves. Loaded where there are more panels than the first.

import { seen } from "./placed.ts";

/** So far outside of the window a place counts as seen: it is ready when it comes. */
const MARGIN = "25%";

const keys = new WeakMap<Element, string>();

const observer = new IntersectionObserver(
  (entries) => {
    const next = new Set(seen.peek());
    for (const { target, isIntersecting } of entries) {
      const key = keys.get(target);
      if (key === undefined || !(target instanceof HTMLElement)) continue;
      if (isIntersecting) next.add(key);
      else if (next.delete(key)) target.style.minHeight = `${target.offsetHeight}px`;
    }
    if (next.size !== seen.peek().size || [...next].some((key) => !seen.peek().has(key)))
      seen.value = next;
  },
  { rootMargin: `${MARGIN} 0px` },
);

/** Returns what ends it. */
export function watch(place: HTMLElement, key: string): () => void {
  keys.set(place, key);
  observer.observe(place);
  return () => {
    observer.unobserve(place);
    keys.delete(place);
    const rest = new Set(seen.peek());
    if (rest.delete(key)) seen.value = rest;
  };
}
