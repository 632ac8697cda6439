// The events of the range on view, and what rules of alerts say, laid over all charts. Loaded behind the first question.

import { effect, signal } from "@preact/signals";
import type { EventsAnswer, EventSaid } from "../../core/api-events.ts";
import { MINUTE } from "../../core/tiers.ts";
import { ask } from "../api.ts";
import type { overlayOf } from "../chart/marks.ts";
import { overlay } from "../chart/overlay.ts";
import { boundsOf } from "../url.ts";
import { rules, startAlarms } from "./alarms.ts";
import { denial, signedIn } from "./access.ts";
import { minute, now } from "./clock.ts";
import { page, panels, range } from "./page.ts";
import { zone } from "./zone.ts";

const events = signal<readonly EventSaid[]>([]);

/** A tab in the background asks when it is seen. */
const hidden = signal(document.hidden);

/** Zooming goes on for a moment, ms. */
const SETTLED = 200;

/** Asks in so many ms, unless `signal` says that something else is on view by then. */
function askIn(ms: number, signal: AbortSignal): void {
  setTimeout(async () => {
    if (signal.aborted) return;
    try {
      const search = new URLSearchParams({ ...boundsOf(range.peek()) });
      const answer = await ask<EventsAnswer>(`/api/v1/events?${search}`, { signal });
      events.value = answer.events;
    } catch {
      // Charts stand without them; who sees only some metrics is told of none.
      askIn(MINUTE, signal);
    }
  }, ms);
}

export function startEvents(): void {
  startAlarms();
  document.addEventListener("visibilitychange", () => (hidden.value = document.hidden));
  effect(() => {
    void signedIn.value;
    if (range.value.kind === "last") void minute.value;
    if (page.value === "store" || denial.value !== undefined || hidden.value) return undefined;
    const asking = new AbortController();
    askIn(SETTLED, asking.signal);
    return () => asking.abort();
  });
}

/** What draws them, loaded with the first. */
const marks = signal<{ readonly overlayOf: typeof overlayOf } | undefined>(undefined);
const loadMarks = (): Promise<unknown> =>
  import("../chart/marks.ts").then((loaded) => (marks.value = loaded)).catch(() => undefined);

/** Lays what there is over the charts: what draws it comes once, whatever changes until then. */
export function startOverlay(): void {
  effect(() => {
    const laid = { events: events.value, rules: rules.value, zone: zone.value };
    const isAny =
      laid.events.length > 0 ||
      laid.rules.length > 0 ||
      panels.value.some(({ line }) => line !== undefined);
    if (isAny && marks.value === undefined) void loadMarks();
    overlay.value = isAny ? marks.value?.overlayOf({ ...laid, now: now() }) : undefined;
  });
}
