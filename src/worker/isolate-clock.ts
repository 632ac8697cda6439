// The clock of this isolate.

import type { Clock } from "./clock.ts";

export const ISOLATE_CLOCK: Clock = {
  now: () => performance.now(),
  wait: (ms) => scheduler.wait(ms),
};
