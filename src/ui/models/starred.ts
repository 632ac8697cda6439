// Metrics that this browser knows: those with a star, those that were open lately, and what the list of all is
// ordered by. Names hold no line ends, so that lines keep them.

import { computed, signal } from "@preact/signals";
import { keep, kept } from "./storage.ts";

const STARRED = "minuet.starred";
const RECENT = "minuet.recent";
const LONG = "minuet.long";
const SORT = "minuet.sort";
/** Recent ones that are kept. */
const RECENT_KEPT = 5;

const linesOf = (key: string): readonly string[] => kept(key)?.split("\n") ?? [];
const keepLines = (key: string, lines: readonly string[]): void =>
  keep(key, lines.length === 0 ? undefined : lines.join("\n"));

export const starred = signal(linesOf(STARRED));

export function toggleStar(name: string): void {
  const others = starred.peek().filter((other) => other !== name);
  starred.value = others.length < starred.peek().length ? others : [...others, name];
  keepLines(STARRED, starred.value);
}

/** Those of the visits before: a row does not go from under the pointer as it is opened. */
const recent = linesOf(RECENT);

export function noteOpen(names: readonly string[]): void {
  const all = [...new Set([...names, ...linesOf(RECENT)])];
  if (names.length > 0) keepLines(RECENT, all.slice(0, RECENT_KEPT));
}

/** The list does not fit a screen, so that its reader has to search for what was open before. */
const isLong = signal(kept(LONG) !== undefined);

export function noteLong(is: boolean): void {
  isLong.value = is;
  keep(LONG, is ? "true" : undefined);
}

export const SORTS = ["group", "name", "activity", "value"] as const;
export type Sort = (typeof SORTS)[number];
const chosen = signal(SORTS.find((one) => one === kept(SORT)));

/** What was chosen; else a list that does not fit a screen is in groups. */
export const sort = computed((): Sort => chosen.value ?? (isLong.value ? "group" : "name"));

export function sortBy(next: Sort): void {
  chosen.value = next;
  keep(SORT, next);
}

/** What comes before all others. */
export const first = computed(() => [
  ...new Set([
    ...starred.value,
    ...(isLong.value && ["group", "name"].includes(sort.value) ? recent : []),
  ]),
]);
