// What the page shows, kept in the address: every change is an entry of the browser's history, so
// that Back and a copied link just work.

import { signal } from "@preact/signals";
import { HOME, parseView, type View, viewSearch, zoomed } from "../url.ts";

export const view = signal<View>(parseView(location.search));

interface Entry {
  /** This entry was made by a zoom: going back undoes it. */
  readonly zoom?: true;
}

const addressOf = (next: View): string => `${location.pathname}${viewSearch(next)}`;

export const linkTo = (change: Partial<View>): string => addressOf({ ...view.value, ...change });

function show(next: View, entry: Entry): void {
  if (viewSearch(next) === viewSearch(view.peek())) return;
  history.pushState(entry, "", addressOf(next));
  view.value = next;
}

export const go = (change: Partial<View>): void => show({ ...view.peek(), ...change }, {});

/** Another metric; a split belongs to the one before. */
export const openMetric = (metric: string): void => {
  const { range, resolution } = view.peek();
  show({ metric, range, resolution }, {});
};
export const linkToMetric = (metric: string): string => {
  const { range, resolution } = view.value;
  return addressOf({ metric, range, resolution });
};

export const splitBy = (by: string | undefined): void => {
  const { by: _, ...rest } = view.peek();
  show(by === undefined ? rest : { ...rest, by }, {});
};

/** Chooses for a visitor who has not: no entry in the history. */
export function settleOn(metric: string): void {
  const next = { ...view.peek(), metric };
  history.replaceState({}, "", addressOf(next));
  view.value = next;
}

export const zoomTo = (a: number, b: number): void =>
  show({ ...view.peek(), range: zoomed(a, b) }, { zoom: true });

export function zoomOut(): void {
  const entry: Entry | null = history.state;
  if (entry?.zoom === true) history.back();
  else if (view.peek().range.kind === "fixed") go({ range: HOME.range });
}

export const startHistory = (): void =>
  addEventListener("popstate", () => (view.value = parseView(location.search)));
