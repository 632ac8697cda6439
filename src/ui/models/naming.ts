// What the series of a chart are called in it: as their labels say, or shorter where that is long, by code that is
// loaded then.

import { signal } from "@preact/signals";
import { seriesName } from "../format.ts";
import type { Named, shortNames } from "../short-names.ts";

/** Characters that are read at a glance. */
const LONG = 36;

const shorten = signal<typeof shortNames | undefined>(undefined);
const known = new WeakMap<readonly Named[], ReadonlyMap<string, string> | undefined>();

/** `all`: the series of the chart. */
export function namesIn(all: readonly Named[]): (one: Named) => string {
  if (!known.has(all) || (known.get(all) === undefined && shorten.value !== undefined)) {
    const areLong = all.some(({ labels }) => seriesName(labels).length > LONG);
    if (areLong && shorten.value === undefined)
      void import("../short-names.ts")
        .then((loaded) => (shorten.value = loaded.shortNames))
        .catch(() => undefined);
    known.set(all, areLong ? shorten.value?.(all) : undefined);
  }
  const names = known.get(all);
  return ({ key, labels }) => names?.get(key) ?? seriesName(labels);
}
