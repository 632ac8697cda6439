// A line of the log: one for each event, as JSON, without what looks like a token; and how many lines of a
// flood are written. Pure.

import * as LIMITS from "./limits.ts";

/** What an event is about, besides its name and message: a shard, a database. */
export type Fields = Readonly<Record<string, string | number>>;

/** `untold`: how many of the same event were passed over since the last line. */
export function logLine(event: string, error: unknown, fields: Fields, untold: number): string {
  const isError = error instanceof Error;
  return withoutTokens(
    JSON.stringify({
      event,
      ...fields,
      message: isError ? error.message : String(error),
      ...(isError && error.stack !== undefined && { stack: error.stack }),
      ...(untold > 0 && { untold }),
    }),
  );
}

/** Named tokens, secrets of links, and what stands in a header for them. */
const withoutTokens = (text: string): string =>
  text
    .replaceAll(/minuet_(view_)?[0-9a-f]{8,}/gi, "minuet_…")
    .replaceAll(/whsec_[0-9a-f]{8,}/gi, "whsec_…")
    .replaceAll(/\b(Bearer|Basic|Token) +[^\s"\\]+/gi, "$1 …");

interface Flood {
  /** When its minute began, Unix ms, and how many events came since. */
  since: number;
  events: number;
  untold: number;
}

/** Of events with one name: a few in a minute are told, and then one in a hundred. */
export class Sampler {
  readonly #floods = new Map<string, Flood>();

  /** How many were passed over since the last that was told; undefined: this one is passed over too. */
  untold(event: string, now: number): number | undefined {
    let flood = this.#floods.get(event);
    if (flood === undefined)
      this.#floods.set(event, (flood = { since: now, events: 0, untold: 0 }));
    // A clock that was set back begins a new minute.
    if (Math.abs(now - flood.since) >= 60_000) {
      flood.since = now;
      flood.events = 0;
    }
    flood.events++;
    if (flood.events > LIMITS.linesPerEvent && flood.events % 100 !== 0) {
      flood.untold++;
      return undefined;
    }
    const { untold } = flood;
    flood.untold = 0;
    return untold;
  }
}
