// The events of the range on view, and what rules of alerts say, laid over all charts. Loaded behind the first question.

import { effect, signal } from "@preact/signals";
import type { EventsAnswer, EventSaid } from "../../core/api-events.ts";
import { ask } from "../api.ts";
import { overlay } from "../chart/overlay.ts";
import { boundsOf } from "../url.ts";
import { rules, startAlarms } from "./alarms.ts";
import { denial, signedIn } from "./access.ts";
import { minute, now } from "./clock.ts";
import { page, panels, range } from "./page.ts";
import { zone } from "./zone.ts";

const events = signal<readonly EventSaid[]>([]);

/** Zooming goes on for a moment, ms. */
const SETTLED = 200;

async function load(signal: AbortSignal): Promise<void> {
  try {
    const search = new URLSearchParams({ ...boundsOf(range.peek()) });
    const answer = await ask<EventsAnswer>(`/api/v1/events?${search}`, { signal });
    events.value = answer.events;
  } catch {
    // Charts stand without them; who sees only some metrics is told of none.
  }
}

export function startEvents(): void {
  startAlarms();
  effect(() => {
    void signedIn.value;
    if (range.value.kind === "last") void minute.value;
    if (page.value === "store" || denial.value !== undefined || document.hidden) return undefined;
    const asking = new AbortController();
    const task = setTimeout(() => void load(asking.signal), SETTLED);
    return () => {
      clearTimeout(task);
      asking.abort();
    };
  });
}

/** Lays what there is over the charts. */
export function startOverlay(): void {
  effect(() => {
    const said = events.value;
    const known = rules.value;
    const zoned = zone.value;
    if (
      said.length === 0 &&
      known.length === 0 &&
      !panels.value.some(({ line }) => line !== undefined)
    ) {
      overlay.value = undefined;
      return;
    }
    void import("../chart/marks.ts").then(
      ({ overlayOf }) =>
        (overlay.value = overlayOf({ events: said, rules: known, zone: zoned, now: now() })),
      () => undefined,
    );
  });
}
