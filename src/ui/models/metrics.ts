// The list of metrics: searched and paged by the server, asked again every few seconds while the
// page is visible.

import { computed, effect, signal } from "@preact/signals";
import type { MetricAnswer, MetricsAnswer, MetricSummary } from "../../core/api.ts";
import { ApiError, ask } from "../api.ts";
import { refusal, token } from "./access.ts";
import { settleOn, view } from "./page.ts";

const PAGE = 200;
/** Time between two looks at the list, ms: short while there is nothing yet. */
const REFRESH = 10_000;
const REFRESH_EMPTY = 1_500;
/** Typing pauses this long before the server is asked, ms. */
const TYPING = 150;

export const search = signal("");

export type List =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "ready";
      /** What was searched for. */
      readonly search: string;
      readonly metrics: readonly MetricSummary[];
      readonly cursor?: string;
      /** The list is old: the last look failed. */
      readonly stale?: true;
    };

export const list = signal<List>({ kind: "loading" });
/** How many metrics are wanted; grows with "more". */
const wanted = signal(PAGE);

/** The store has no metric at all. */
export const storeIsEmpty = computed(
  () => list.value.kind === "ready" && list.value.search === "" && list.value.metrics.length === 0,
);

const detail = signal<MetricSummary | undefined>(undefined);
/** What is known of the metric on view. */
export const summary = computed((): MetricSummary | undefined => {
  const { metric } = view.value;
  const listed =
    list.value.kind === "ready"
      ? list.value.metrics.find(({ name }) => name === metric)
      : undefined;
  return listed ?? (detail.value?.name === metric ? detail.value : undefined);
});

let asking: AbortController | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

export async function refresh(): Promise<void> {
  asking?.abort();
  clearTimeout(timer);
  if (refusal.peek() !== undefined) return;
  const asked = (asking = new AbortController());
  const text = search.peek().trim();
  try {
    list.value = { kind: "ready", search: text, ...(await load(text, asked.signal)) };
    if (view.peek().metric === undefined) {
      const first = list.value.metrics[0];
      if (first !== undefined && text === "") settleOn(first.name);
    }
  } catch (error) {
    if (asked.signal.aborted) return;
    const old = list.peek();
    list.value =
      old.kind === "ready"
        ? { ...old, stale: true }
        : { kind: "failed", message: error instanceof ApiError ? error.message : String(error) };
  }
  timer = setTimeout(look, storeIsEmpty.peek() ? REFRESH_EMPTY : REFRESH);
}

function look(): void {
  if (document.visibilityState === "visible") void refresh();
}

async function load(
  text: string,
  signal: AbortSignal,
): Promise<{ metrics: MetricSummary[]; cursor?: string }> {
  const metrics: MetricSummary[] = [];
  let cursor: string | undefined;
  do {
    const asked = new URLSearchParams({ limit: String(PAGE) });
    if (text !== "") asked.set("search", text);
    if (cursor !== undefined) asked.set("cursor", cursor);
    const page = await ask<MetricsAnswer>(`/api/v1/metrics?${asked}`, { signal });
    metrics.push(...page.metrics);
    cursor = page.cursor;
  } while (cursor !== undefined && metrics.length < wanted.peek());
  return { metrics, ...(cursor !== undefined && { cursor }) };
}

export function more(): void {
  wanted.value += PAGE;
  void refresh();
}

export function startMetrics(): void {
  effect(() => {
    void token.value;
    void refusal.value;
    void refresh();
  });
  let first = true;
  effect(() => {
    void search.value;
    if (first) {
      first = false;
      return;
    }
    wanted.value = PAGE;
    const typing = setTimeout(() => void refresh(), TYPING);
    return () => clearTimeout(typing);
  });
  effect(() => {
    const { metric } = view.value;
    if (metric === undefined || refusal.value !== undefined) return;
    const asked = new AbortController();
    ask<MetricAnswer>(`/api/v1/metrics/${encodeURIComponent(metric)}`, { signal: asked.signal })
      .then((answer) => (detail.value = answer))
      // The chart says what is wrong with the metric.
      .catch(() => undefined);
    return () => asked.abort();
  });
  document.addEventListener("visibilitychange", look);
}
