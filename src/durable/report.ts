// Writes the log of Worker and shard: see core/log-line.ts. What belongs to a request stands in its
// answer, not here; this is for what its sender cannot mend.

import { type Fields, logLine, Sampler } from "../core/log-line.ts";

const sampler = new Sampler();

/** `event` is one of few names: they are counted for ever. */
export function report(event: string, error: unknown, fields: Fields = {}): void {
  const untold = sampler.untold(event, Date.now());
  if (untold !== undefined) console.error(logLine(event, error, fields, untold));
}
