// Which groups of the list are open, by what their names begin with: kept by this browser. Names hold no line ends,
// so that lines keep them. Loaded with the list in groups.

import { signal } from "@preact/signals";
import { keep, kept } from "./storage.ts";

const OPEN = "minuet.groups";
/** Open groups that are kept. */
const MOST = 200;

export const openGroups = signal<ReadonlySet<string>>(new Set(kept(OPEN)?.split("\n")));

export function toggleGroup(prefix: string, opens = !openGroups.peek().has(prefix)): void {
  const next = new Set(openGroups.peek());
  if (opens) next.add(prefix);
  else next.delete(prefix);
  openGroups.value = next;
  keep(OPEN, next.size === 0 ? undefined : [...next].slice(-MOST).join("\n"));
}
