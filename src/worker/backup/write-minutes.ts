// Writes the minutes, series and descriptions of an import, as a flush of a shard that nobody has; and hours as a
// whole where they stand beside the minutes of others: as parts of these hours, which the roll-up merges.

import { encodePack, packOf, SERIES_PER_PACK, slotOf } from "../../core/codec/pack.ts";
import { encodeMinuteSegment, encodeWholeHour } from "../../core/codec/segment.ts";
import type { About } from "../../core/backup/read.ts";
import * as LIMITS from "../../core/limits.ts";
import { HOUR, hourOf } from "../../core/tiers.ts";
import { descriptionOf } from "../../d1/catalogue.ts";
import {
  type FlushedDescription,
  type FlushedPack,
  type FlushedSeries,
  writeFlush,
} from "../../d1/flush.ts";
import { newIds } from "../../d1/ids.ts";
import { IMPORTER, type ImportTarget } from "../../d1/imports.ts";
import { idAfter } from "../../durable/page-ids.ts";
import { countRead } from "../shards.ts";
import type { Due } from "./due.ts";

/** Fields of metrics that have points, where nothing is said or set of them here. */
export function describedBy(
  abouts: readonly About[],
  { described, metrics }: ImportTarget,
  arriving: ReadonlySet<string>,
): readonly FlushedDescription[] {
  const known = new Set(metrics);
  const before = new Map(described.map((row) => [row.metric, descriptionOf(row)]));
  const done = new Set<string>();
  return abouts.flatMap(({ metric, description }) => {
    if (done.has(metric) || !(known.has(metric) || arriving.has(metric))) return [];
    done.add(metric);
    const here = before.get(metric);
    const said = { ...description.said, ...here?.said };
    const isSet = here !== undefined && here.setAt > 0;
    const { set, setAt } = isSet ? here : description;
    const isSame =
      here !== undefined &&
      Object.keys(said).length === Object.keys(here.said).length &&
      setAt === here.setAt;
    const isNothing = Object.keys(said).length + Object.keys(set).length === 0;
    if (isSame || isNothing) return [];
    const columns = ({ type, unit, help }: typeof said) =>
      [type ?? null, unit ?? null, help ?? null] as const;
    const saidAt = Math.max(here?.saidAt ?? 0, description.saidAt);
    return [[metric, ...columns(said), saidAt, ...columns(set), setAt] as const];
  });
}

/**
 * Writes minutes, series and descriptions; gives the ids of the series by their keys. Undefined: it did not
 * land. `now`: Unix ms.
 */
export async function writeMinutes(
  db: D1DatabaseSession,
  wanted: readonly Due[],
  asked: readonly Due[],
  target: ImportTarget,
  described: readonly FlushedDescription[],
  now: number,
): Promise<ReadonlyMap<string, number> | undefined> {
  const stored = new Map(asked.map(({ key }, i) => [key, target.series[i]!]));
  const isNew = ({ key }: Due): boolean => stored.get(key)!.id === 0;
  const next = newIds(wanted.filter(isNew).length, target);
  const ids = new Map<string, number>();
  let given = 0;
  for (const one of wanted)
    ids.set(one.key, isNew(one) ? next.ids[given++]! : stored.get(one.key)!.id);
  const series = wanted.flatMap((one): FlushedSeries[] => {
    const { id, first_at, last_at } = stored.get(one.key)!;
    // A series of end marks alone has no points.
    const isWider = id === 0 || one.firstAt < first_at || one.lastAt > last_at;
    if (!isWider) return [];
    const [firstAt, lastAt] =
      one.lastAt < 0 ? [startOf(one), startOf(one)] : [one.firstAt, one.lastAt];
    return [[ids.get(one.key)!, one.metric, one.labels, firstAt, lastAt, one.last]];
  });
  const minutes = packsOf(wanted, ids);
  if (series.length + minutes.length + described.length === 0) return ids;
  const { watermark, nextPack } = target;
  const written = await writeFlush(
    db,
    // As of pages: a number that it never had, also where the database was set back to before it.
    { shard: IMPORTER, watermark, part: idAfter(watermark, now) },
    {
      series,
      minutes,
      described,
      known: wanted.filter((one) => !isNew(one)).map(({ key }) => ids.get(key)!),
      next: given === 0 ? undefined : next,
      nextPack,
    },
    LIMITS.flushTimeoutMs,
  );
  countRead(written.counted.read);
  if (!written.landed) return undefined;
  const first = nextPack * SERIES_PER_PACK;
  return new Map(
    [...ids].map(([key, id]) => [
      key,
      id >= first && isNewId(key) ? id + written.movedBy * SERIES_PER_PACK : id,
    ]),
  );

  function isNewId(key: string): boolean {
    return stored.get(key)!.id === 0;
  }
}

const startOf = ({ minutes }: Due): number => minutes.start[0]!;

/** Minute packs, by hour and pack: of each hour of a series its minutes, or itself. */
function packsOf(wanted: readonly Due[], ids: ReadonlyMap<string, number>): readonly FlushedPack[] {
  const packs = new Map<string, { hour: number; pack: number; slots: Map<number, string> }>();
  for (const { key, minutes, wholes } of wanted) {
    const id = ids.get(key)!;
    const put = (hour: number, segment: string): void => {
      const pack = packOf(id);
      const at = `${hour}/${pack}`;
      const one = packs.get(at) ?? { hour, pack, slots: new Map<number, string>() };
      packs.set(at, one);
      one.slots.set(slotOf(id), segment);
    };
    const { start } = minutes;
    const rows = Array.from({ length: minutes.length }, (_, row) => row);
    rows.sort((a, b) => start[a]! - start[b]!);
    for (const [hour, of] of Map.groupBy(rows, (row) => hourOf(start[row]!)))
      put(hour, encodeMinuteSegment(minutes, hour * HOUR, of));
    // Of no hour that has minutes in this import.
    for (let row = 0; row < wholes.length; row++) {
      const base = wholes.start[row]!;
      put(hourOf(base), encodeWholeHour(wholes, row, base));
    }
  }
  return [...packs.values()]
    .sort((a, b) => a.hour - b.hour || a.pack - b.pack)
    .map(({ hour, pack, slots }) => [hour, pack, encodePack(slots)]);
}
