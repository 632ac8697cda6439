// The server's time: what "now" is on the axis. A browser whose clock is wrong still shows the right
// minute.

import { computed, signal } from "@preact/signals";
import { MINUTE } from "../../core/tiers.ts";

/** Server time − local time, ms. */
let skew = 0;
/** Less than this may be the time that the answer travelled, ms. */
const TOLERATED = 2_000;

const seconds = signal(Date.now());

/** Unix ms of the server. */
export const now = (): number => Date.now() + skew;

/** Notes a time that the server just told. */
export function noteServerTime(at: number): void {
  const found = at - Date.now();
  if (Number.isFinite(found) && Math.abs(found - skew) > TOLERATED) {
    skew = Math.abs(found) > TOLERATED ? found : 0;
    seconds.value = now();
  }
}

/** Follows `now` by the second. */
export const second = computed(() => seconds.value);
/** Start of the current minute. */
export const minute = computed(() => Math.floor(seconds.value / MINUTE) * MINUTE);

export const startClock = (): void => {
  setInterval(() => (seconds.value = now()), 1_000);
};
