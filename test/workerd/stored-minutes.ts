// The minutes that databases have, decoded: what the parts of each series and minute are together.

import { decodePack, idAt } from "../../src/core/codec/pack.ts";
import { decodeMinuteSegment } from "../../src/core/codec/segment.ts";
import { BUCKET, Minutes } from "../../src/core/minutes.ts";
import { HOUR } from "../../src/core/tiers.ts";

export interface StoredMinute {
  /** [ms after the start, value]: all of them, where they are kept. */
  readonly samples?: readonly (readonly [offset: number, value: number])[];
  /** Of a minute that is kept as a bucket. */
  readonly count?: number;
  readonly sum?: number;
  /** End mark, Unix ms. */
  readonly end?: number;
}

/** By "metric{labels}@start", of the series that are not removed. */
export async function storedMinutes(
  databases: readonly D1Database[],
  samplesPerMinute = 6,
): Promise<Map<string, StoredMinute>> {
  const all = new Minutes(samplesPerMinute);
  const rows = new Map<string, number>();
  for (const db of databases)
    for (const [key, minutes, row] of await minutesOf(db, samplesPerMinute)) {
      const known = rows.get(key);
      if (known === undefined) rows.set(key, all.pushCopy(minutes, row));
      else all.merge(known, minutes, row);
    }
  return new Map([...rows].map(([key, row]) => [key, minuteOf(all, row)]));
}

type Found = readonly [key: string, minutes: Minutes, row: number];

async function minutesOf(db: D1Database, samplesPerMinute: number): Promise<Found[]> {
  const { results: series } = await db
    .prepare("SELECT id, metric || labels AS key FROM series")
    .all<{ id: number; key: string }>();
  const keys = new Map(series.map(({ id, key }) => [id, key]));
  const { results: packs } = await db
    .prepare("SELECT hour, pack, body FROM minute ORDER BY hour, pack, part")
    .all<{ hour: number; pack: number; body: string }>();
  return packs.flatMap(({ hour, body, pack }) =>
    [...decodePack(body)].flatMap(([slot, segment]): Found[] => {
      const key = keys.get(idAt(pack, slot));
      if (key === undefined) return [];
      const minutes = new Minutes(samplesPerMinute);
      decodeMinuteSegment(segment, hour * HOUR, minutes);
      return Array.from({ length: minutes.length }, (_, row) => [
        `${key}@${minutes.start[row]}`,
        minutes,
        row,
      ]);
    }),
  );
}

function minuteOf(minutes: Minutes, row: number): StoredMinute {
  const end = minutes.endOf(row);
  const ended = end === undefined ? {} : { end };
  const kept = minutes.kept[row]!;
  if (kept === BUCKET) {
    const { count, sum } = minutes.buckets.at(minutes.bucketOf(row));
    return { count, sum, ...ended };
  }
  const from = row * minutes.stride;
  const samples = Array.from(
    { length: kept },
    (_, i) => [minutes.offset[from + i]!, minutes.value[from + i]!] as const,
  );
  return { samples, ...ended };
}
