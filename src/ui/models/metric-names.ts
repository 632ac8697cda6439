// Names of metrics like what is typed, for a field in which one is.

import { signal } from "@preact/signals";
import type { MetricsAnswer } from "../../core/api.ts";
import { ask } from "../api.ts";

export const suggested = signal<readonly string[]>([]);

/** Names that are enough to choose of. */
const MOST = 20;
/** A pause in typing, ms. */
const PAUSE = 150;

let asking = new AbortController();
let task: ReturnType<typeof setTimeout> | undefined;

/** Looks for names with the text in them. */
export function suggest(text: string): void {
  clearTimeout(task);
  asking.abort();
  asking = new AbortController();
  const { signal: gone } = asking;
  task = setTimeout(() => {
    const search = new URLSearchParams({ search: text, limit: String(MOST) });
    void ask<MetricsAnswer>(`/api/v1/metrics?${search}`, { signal: gone }).then(
      ({ metrics }) => (suggested.value = metrics.map(({ name }) => name)),
      () => undefined,
    );
  }, PAUSE);
}
