// What a shard holds in memory, as rows and back: the blobs of a checkpoint, and the manifest that
// says which they are. With it the journal so far is not needed any more.

import { Accumulator } from "../core/series/accumulator.ts";
import type { Blobs } from "./blobs.ts";
import { Descriptions } from "./descriptions.ts";
import { decodeSeries, Dictionary, encodeSeries } from "./dictionary.ts";
import { Idempotency } from "./idempotency.ts";
import { KeyTable } from "./key-table.ts";
import { lengthOf, type LogState, type Manifest, type StoredPage } from "./manifest.ts";
import { readPage, writePage } from "./pages.ts";
import { decodeSeen, encodeSeen } from "./seen.ts";
import type { CounterValues } from "./counters.ts";
import type { Store } from "./store.ts";

/** Rows of the dictionary, or of descriptions, beyond which all of it is written anew. */
const ROWS = 32;

export interface Memory {
  /** Minutes of no sealed page. */
  open: Accumulator;
  dictionary: Dictionary;
  readonly descriptions: Descriptions;
  readonly idempotency: Idempotency;
}

/** `limit`: most samples that a minute keeps. */
export const emptyMemory = (limit: number): Memory => ({
  open: new Accumulator(limit),
  dictionary: new Dictionary(),
  descriptions: new Descriptions(),
  idempotency: new Idempotency(),
});

/** Reads the rows back that a manifest names. @throws CorruptBytes */
export function recall(blobs: Blobs, manifest: Manifest, seen: Uint8Array, limit: number): Memory {
  const memory = emptyMemory(limit);
  const keys = manifest.series.flatMap(({ slot }) => decodeSeries(blobs.read(slot)));
  memory.dictionary.replay(keys, manifest.removals);
  decodeSeen(seen, memory.dictionary);
  memory.dictionary.births = manifest.births;
  for (const slot of manifest.described) memory.descriptions.decode(blobs.read(slot));
  for (const { slot, from, to } of manifest.keys)
    memory.idempotency.closed.push({ slot, from, to, keys: new KeyTable(blobs.read(slot)) });
  for (const slot of manifest.open.slots)
    for (const minutes of readPage(blobs.read(slot), limit)) memory.open.merge(minutes);
  return memory;
}

/** Writes memory as rows; returns where they are. The caller must write the manifest at once. */
export function store(
  blobs: Blobs,
  { open, dictionary, descriptions, idempotency }: Memory,
  before: LogState,
): Pick<LogState, "open" | "series" | "described"> {
  blobs.free(before.open.slots);
  const page: Pick<StoredPage, "slots" | "bytes"> =
    open.length > 0 ? writePage(blobs, open, dictionary) : { slots: [], bytes: 0 };
  const series = storeSeries(blobs, dictionary, before.series);
  const described = storeDescriptions(blobs, descriptions, before.described);
  const set = idempotency.close(() => blobs.reserve());
  if (set !== undefined) blobs.write(set.keys.bytes, set.slot);
  blobs.free(idempotency.expire());
  return { open: { slots: page.slots, bytes: page.bytes }, series, described };
}

/** Stores the series that no row holds yet; all of them when they lie in many rows. */
function storeSeries(
  blobs: Blobs,
  dictionary: Dictionary,
  before: LogState["series"],
): LogState["series"] {
  const anew = before.length > ROWS;
  if (anew) blobs.free(before.map(({ slot }) => slot));
  const kept = anew ? [] : before;
  const rows = encodeSeries(dictionary.keys.slice(lengthOf(kept)));
  return [...kept, ...rows.map(({ body, count }) => ({ slot: blobs.write(body), count }))];
}

/** Stores what changed; all of it when some is gone, or when it lies in many rows. */
function storeDescriptions(
  blobs: Blobs,
  descriptions: Descriptions,
  before: LogState["described"],
): LogState["described"] {
  const { unwritten } = descriptions;
  if (unwritten === "none") return before;
  const anew = unwritten === "all" || before.length > ROWS;
  if (anew) blobs.free(before);
  const rows = descriptions.encode(anew).map((body) => blobs.write(body));
  return anew ? rows : [...before, ...rows];
}

/** Writes the manifest: from now on it says what all other rows mean. */
export function writeManifest(
  rows: Store,
  state: LogState,
  { dictionary, idempotency }: Memory,
  counters: CounterValues,
): void {
  const stored = lengthOf(state.series);
  const manifest: Manifest = {
    version: 1,
    ...state,
    removals: dictionary.removals,
    // Later series are born again when the journal is replayed.
    births: dictionary.births - (dictionary.length - stored),
    keys: idempotency.closed.map(({ slot, from, to }) => ({ slot, from, to })),
    // With the row that is written here.
    counters: { ...counters, shardRowsWritten: counters.shardRowsWritten + 1 },
  };
  rows.writeState(JSON.stringify(manifest), encodeSeen(dictionary, stored));
}
