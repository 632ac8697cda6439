// Waits of a Worker for readers that hold what a database said before (d1/held-reads.ts).

import { ISOLATE_CLOCK } from "./isolate-clock.ts";

/** An object, so that tests need not wait. */
export const OUTLIVING = {
  /** So long, ms. */
  wait: (ms: number): Promise<void> => ISOLATE_CLOCK.wait(ms),
};
