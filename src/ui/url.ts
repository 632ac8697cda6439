// The address of the page ⇄ what it shows. Pure. Unknown or broken parameters fall back to the
// defaults, so that every address shows something; defaults are left out of addresses.

import { DAY, HOUR, MINUTE, type TierName } from "../core/tiers.ts";

/** The ranges of the switch: they end at "now". */
export const SPANS = {
  "1h": HOUR,
  "6h": 6 * HOUR,
  "24h": DAY,
  "7d": 7 * DAY,
  "30d": 30 * DAY,
  "1y": 365 * DAY,
} as const;
export type SpanName = keyof typeof SPANS;
export const SPAN_NAMES: readonly SpanName[] = ["1h", "6h", "24h", "7d", "30d", "1y"];

export const RESOLUTIONS = ["auto", "minute", "hour", "day"] as const;
export type Resolution = TierName | "auto";

/** `last` ends at "now" and moves with it; `fixed` is [from, to), Unix ms. */
export type Range =
  | { readonly kind: "last"; readonly span: SpanName }
  | { readonly kind: "fixed"; readonly from: number; readonly to: number };

export interface View {
  readonly metric?: string;
  readonly range: Range;
  readonly resolution: Resolution;
  /** A label to split by; "*" is each series apart. */
  readonly by?: string;
}

export const HOME: View = { range: { kind: "last", span: "1h" }, resolution: "auto" };

const find = <T extends string>(all: readonly T[], text: string | null): T | undefined =>
  all.find((one) => one === text);

export function parseView(search: string): View {
  const given = new URLSearchParams(search);
  const metric = given.get("metric");
  const by = given.get("by");
  return {
    ...(metric && { metric }),
    range: parseRange(given),
    resolution: find(RESOLUTIONS, given.get("resolution")) ?? HOME.resolution,
    ...(by && { by }),
  };
}

/** Largest time that JavaScript knows, Unix ms. */
const LATEST = 8_640_000_000_000_000;
const time = (text: string | null): number =>
  text !== null && /^\d{1,16}$/.test(text) && Number(text) <= LATEST ? Number(text) : Number.NaN;

function parseRange(given: URLSearchParams): Range {
  const from = time(given.get("from"));
  const to = time(given.get("to"));
  if (from < to) return { kind: "fixed", from, to };
  const span = find(SPAN_NAMES, given.get("range"));
  return span === undefined ? HOME.range : { kind: "last", span };
}

/** The part of an address from the "?"; "" when all is as by default. */
export function viewSearch({ metric, range, resolution, by }: View): string {
  const search = new URLSearchParams();
  if (metric !== undefined) search.set("metric", metric);
  if (range.kind === "fixed") {
    search.set("from", String(range.from));
    search.set("to", String(range.to));
  } else if (range.span !== "1h") search.set("range", range.span);
  if (resolution !== HOME.resolution) search.set("resolution", resolution);
  if (by !== undefined) search.set("by", by);
  return search.size === 0 ? "" : `?${search}`;
}

/** Series drawn at most: more cannot be told apart. */
export const SERIES_SHOWN = 16;

/** What a view asks of the server; undefined when it has no metric. Equal views ask the same. */
export function questionOf({ metric, range, resolution, by }: View): string | undefined {
  if (metric === undefined) return undefined;
  const search = new URLSearchParams({ metric });
  if (range.kind === "fixed") {
    search.set("from", String(range.from));
    search.set("to", String(range.to));
  } else {
    search.set("from", `-${range.span === "1y" ? "365d" : range.span}`);
    search.set("to", "now");
  }
  search.set("resolution", resolution);
  if (by !== undefined) {
    search.set("by", by);
    search.set("limit", String(SERIES_SHOWN));
  }
  return `/api/v1/query?${search}`;
}

/** The range of a drag over the chart: whole minutes, at least two. */
export function zoomed(a: number, b: number): Range {
  const from = Math.max(0, Math.floor(Math.min(a, b) / MINUTE) * MINUTE);
  const to = Math.ceil(Math.max(a, b) / MINUTE) * MINUTE;
  return { kind: "fixed", from, to: Math.max(to, from + 2 * MINUTE) };
}
