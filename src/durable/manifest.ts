// The manifest: what a checkpoint says of all other rows of the shard. Pure.

import { CorruptBytes } from "../core/codec/bytes.ts";
import type { StoredCounters } from "./counters.ts";
import type { Removal } from "./dictionary.ts";
import { firstId } from "./page-ids.ts";

/** A page without a name yet: where its blobs are, and what a reader needs to skip it. */
export interface StoredPage {
  /** Rows of the table `blob`. */
  readonly slots: readonly number[];
  readonly buckets: number;
  readonly bytes: number;
  /** Starts of its first and last bucket, Unix ms. */
  readonly from: number;
  readonly to: number;
}

/** A sealed page. */
export interface PageEntry extends StoredPage {
  /** Its sequence number; grows with time. */
  readonly id: number;
  /** Since when its oldest point has waited for D1, Unix ms. */
  readonly since: number;
  /** It holds all sealed rows of a range of packs and hours: see flush/layout.ts. */
  readonly laidOut?: true;
}

/** A database to which a shard writes no more. */
export interface Settled {
  readonly database: string;
  readonly watermark: number;
}

export interface Manifest {
  readonly version: 1;
  /** Journal rows up to this sequence number are folded into the pages. */
  readonly through: number;
  /** The id that the next sealed page will have. */
  readonly openId: number;
  /** Rows of `blob` with the open buckets as of `through`, and their bytes. */
  readonly open: { readonly slots: readonly number[]; readonly bytes: number };
  /** Since when the oldest point of no sealed page has waited for D1, Unix ms; null without any. */
  readonly openSince: number | null;
  /** Sealed pages that D1 may not hold, oldest first. */
  readonly sealed: readonly PageEntry[];
  /** Buckets that start here or later (Unix ms) are in no sealed page and not in D1. */
  readonly sealedTo: number;
  /** The database that the shard writes to, by its name. */
  readonly database: string;
  /** The last page that it is known to hold. */
  readonly watermark: number;
  /** The databases that it wrote to before, and the last page that each holds. */
  readonly settled: readonly Settled[];
  /** Buckets before this time (Unix ms) were sealed by the last regular flush. */
  readonly cut: number;
  readonly flushedAt: number | null;
  /** Rows of `blob` with the dictionary, in order, and the series of each. */
  readonly series: readonly { readonly slot: number; readonly count: number }[];
  /** Rows of `blob` with what is known of metrics besides; of a metric in several the last counts. */
  readonly described: readonly number[];
  /** Metrics removed while sealed pages held something of them. */
  readonly removals: readonly Removal[];
  /** Births of series until the last of those in `series`: see dictionary.ts. */
  readonly births: number;
  /** Rows of `blob` with the keys that are remembered, oldest first; Unix ms. */
  readonly keys: readonly { readonly slot: number; readonly from: number; readonly to: number }[];
  /** Rows and requests counted on the UTC day `day`. */
  readonly counters: StoredCounters;
}

/** What the log itself decides: all of the manifest but what others say when it is written. */
export type LogState = Omit<Manifest, "version" | "births" | "removals" | "keys" | "counters">;

/** Of a shard without rows. Ids follow the clock, so that lost storage does not use one twice. */
export const emptyState = (now: number, database: string): LogState => ({
  through: 0,
  openId: firstId(now),
  open: { slots: [], bytes: 0 },
  openSince: null,
  sealed: [],
  sealedTo: 0,
  database,
  watermark: 0,
  settled: [],
  cut: 0,
  flushedAt: null,
  series: [],
  described: [],
});

/** @throws CorruptBytes on a version that this code does not know. */
export function parseManifest(text: string): Manifest {
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.version !== 1)
    throw new CorruptBytes(`manifest version ${String(manifest.version)} is not known`);
  return manifest;
}

/** So many leading series of the dictionary have a row. */
export const lengthOf = (series: LogState["series"]): number =>
  series.reduce((sum, { count }) => sum + count, 0);

/** What the log itself decides of a manifest. */
export const stateOf = (manifest: Manifest): LogState => {
  const { version: _version, births: _births, keys: _keys, ...rest } = manifest;
  const { removals: _removals, counters: _counters, ...state } = rest;
  return state;
};

/** The rows of `blob` that a manifest names. */
export const slotsOf = (manifest: Manifest): number[] => [
  ...manifest.open.slots,
  ...manifest.sealed.flatMap((page) => page.slots),
  ...manifest.series.map(({ slot }) => slot),
  ...manifest.described,
  ...manifest.keys.map(({ slot }) => slot),
];
