// The panels on view, each with its reading: one is kept as long as its panel is on the page.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { type Panel, secondOf } from "../url.ts";
import { summaryOf } from "./metrics.ts";
import { filters, view } from "./page.ts";
import { Reading } from "./reading.ts";

/** A panel's place on the page; two of one metric are told apart by their order. */
export interface Placed {
  readonly key: string;
  readonly index: number;
  /** Undefined until somebody sees its place. */
  readonly reading: Reading | undefined;
  /** Of the metric by which this one is divided. */
  readonly second: Reading | undefined;
}

const known = new Map<string, Reading>();

/** Panels that are read without waiting for who sees them: the first row, or the first two. */
export const FIRST = 2;
/** Keys of the others that are seen, or about to be: kept by seen.ts. */
export const seen = signal<ReadonlySet<string>>(new Set());

export const placed = signal<readonly Placed[]>([]);

/** Keeps a reading for each panel on view. */
export function startReadings(): void {
  // With the network back, what failed is asked again.
  addEventListener("online", () => {
    for (const reading of known.values())
      if (reading.failure.peek() !== undefined) void reading.askNow();
  });
  effect(() => {
    const { panels, page } = view.value;
    const times = new Map<string, number>();
    const used = new Set<string>();
    const readingOf = (key: string, panel: ReadonlySignal<Panel>): Reading => {
      const reading = known.get(key) ?? new Reading(knowing(panel));
      used.add(key);
      known.set(key, reading);
      return reading;
    };
    const before = placed.peek();
    const next = (page === "store" ? [] : panels).map((panel, index): Placed => {
      const nth = times.get(panel.metric) ?? 0;
      times.set(panel.metric, nth + 1);
      const key = `${nth}/${panel.metric}`;
      const isSeen = index < FIRST || seen.value.has(key);
      const reading = isSeen ? readingOf(key, follow(panel, nth)) : undefined;
      const second =
        panel.over === undefined || reading === undefined
          ? undefined
          : readingOf(`over ${key}`, divisorOf(reading.panel));
      const old = before[index];
      const isOld = old?.key === key && old.reading === reading && old.second === second;
      return isOld ? old : { key, index, reading, second };
    });
    for (const [key, reading] of known)
      if (!used.has(key)) {
        reading.end();
        known.delete(key);
      }
    if (next.length !== before.length || next.some((one, i) => one !== before[i]))
      placed.value = next;
  });
}

/** A panel with what is known of its metric: the same one while both are. */
function knowing(panel: ReadonlySignal<Panel>): ReadonlySignal<Panel> {
  let before: Panel | undefined;
  let latest: Panel | undefined;
  return computed(() => {
    const now = panel.value;
    const { type, unit } = summaryOf(now.metric) ?? {};
    const unitOver = now.over === undefined ? undefined : summaryOf(now.over)?.unit;
    const known = {
      ...(type && { type }),
      ...(unit && { unit }),
      ...(unitOver && { unitOver }),
    };
    const all = filters.value;
    if (
      now !== before ||
      latest === undefined ||
      !isSame(latest.known, known) ||
      !isSame(latest.all, all)
    )
      latest = { ...now, all, known };
    before = now;
    return latest;
  });
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The `nth` panel of a metric as the view has it; the last that was, when it is gone. */
function follow(panel: Panel, nth: number): ReadonlySignal<Panel> {
  let latest = panel;
  return computed(
    () =>
      (latest = view.value.panels.filter(({ metric }) => metric === panel.metric)[nth] ?? latest),
  );
}

/** What a panel is divided by; the last that was, when there is none any more. */
function divisorOf(panel: ReadonlySignal<Panel>): ReadonlySignal<Panel> {
  let latest = panel.peek();
  return computed(() => (latest = secondOf(panel.value) ?? latest));
}
