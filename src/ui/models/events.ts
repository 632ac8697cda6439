// The events of the range on view, and what rules of alerts say, laid over all charts. Loaded behind the first question.

import { effect, signal } from "@preact/signals";
import type { EventsAnswer, EventSaid } from "../../core/api-events.ts";
import { type ApiError, ask } from "../api.ts";
import type { overlayOf } from "../chart/marks.ts";
import { overlay } from "../chart/overlay.ts";
import { boundsOf } from "../url.ts";
import { rules, startAlarms } from "./alarms.ts";
import { denial, signedIn } from "./access.ts";
import { minute, now } from "./clock.ts";
import { page, panels, range } from "./page.ts";
import { zone } from "./zone.ts";

const events = signal<readonly EventSaid[]>([]);

/** The range whose events came, or are not for who looks. */
let settled: unknown;

/** Zooming goes on for a moment, ms. */
const SETTLED = 200;

async function load(signal: AbortSignal): Promise<void> {
  const of = range.peek();
  try {
    const search = new URLSearchParams({ ...boundsOf(of) });
    const answer = await ask<EventsAnswer>(`/api/v1/events?${search}`, { signal });
    events.value = answer.events;
    settled = of;
  } catch (error) {
    // Charts stand without them; who sees only some metrics is told of none.
    if ((error as ApiError).status === 403) settled = of;
  }
}

/** Returns what ends it. */
export function startEvents(): () => void {
  const endAlarms = startAlarms();
  const end = effect(() => {
    void signedIn.value;
    // Also where the tab was in the background, or there was no answer: each minute until they are here.
    if (range.value.kind === "last" || range.value !== settled) void minute.value;
    if (page.value === "store" || denial.value !== undefined || document.hidden) return undefined;
    const asking = new AbortController();
    const task = setTimeout(() => void load(asking.signal), SETTLED);
    return () => {
      clearTimeout(task);
      asking.abort();
    };
  });
  return () => {
    end();
    endAlarms();
  };
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
