// Puts the past of a fleet into the D1 of a store as it would lie there: minutes for as long as they are kept,
// hours and days rolled up by the same code that the cron runs. Writing a year over HTTP takes an hour.

import { setTimeout as sleep } from "node:timers/promises";
import type { Miniflare } from "miniflare";
import { encodePack, packOf, slotOf } from "../../src/core/codec/pack.ts";
import { encodeMinuteSegment } from "../../src/core/codec/segment.ts";
import { SAMPLES_PER_MINUTE } from "../../src/core/config.ts";
import { Minutes } from "../../src/core/minutes.ts";
import {
  hourOfMinutes,
  isReadable,
  type Period,
  putInto,
  rollUpHours,
} from "../../src/core/rollup.ts";
import { canonicalLabels, labelsJson } from "../../src/core/series/labels.ts";
import { DAY, dayOf, HOUR, hourOf, MINUTE, yearOf } from "../../src/core/tiers.ts";
import type { FleetSeries } from "./fleet.ts";

export interface Past {
  readonly series: readonly FleetSeries[];
  /** Unix ms: values are counted from here on. A midnight. */
  readonly since: number;
  /** Unix ms, a whole hour: what is later is not put there. */
  readonly to: number;
  /** Between two samples, ms: a part or a multiple of a minute, a part of an hour. */
  readonly every: number;
}

const MINUTE_DAYS = 15;

/** The default one. */
export const RETENTION = {
  RETENTION_MINUTE_DAYS: String(MINUTE_DAYS),
  RETENTION_HOUR_DAYS: "400",
  RETENTION_DAY_DAYS: "0",
};

type Row = readonly (number | string)[];
type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

/** Bytes of rows of one statement. */
const BYTES = 1_000_000;

/** Rows of a table, some at a time. */
class Inserting {
  readonly #db: Database;
  readonly #table: string;
  #rows: Row[] = [];
  #bytes = 0;

  constructor(db: Database, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async add(...row: Row): Promise<void> {
    this.#rows.push(row);
    for (const one of row) this.#bytes += typeof one === "string" ? one.length : 10;
    if (this.#bytes > BYTES) await this.finish();
  }

  async finish(): Promise<void> {
    const [first] = this.#rows;
    if (first === undefined) return;
    // The other side closes what was idle while this computed: that is to be noticed first.
    await sleep(1);
    const columns = first.map((_, i) => `value ->> ${i}`).join(", ");
    await this.#db
      .prepare(`INSERT INTO ${this.#table} SELECT ${columns} FROM json_each(?)`)
      .bind(JSON.stringify(this.#rows))
      .run();
    this.#rows = [];
    this.#bytes = 0;
  }
}

export async function fillPast(miniflare: Miniflare, past: Past, now: number): Promise<void> {
  const db = await miniflare.getD1Database("DB");
  const { since, to, every } = past;
  const series = inOrder(past.series);
  const of = new Inserting(db, "series");
  for (const [id, one] of series.entries()) {
    const last = to - every;
    await of.add(id, one.metric, jsonOf(one), since, last, one.valueAt((last - since) / 1_000));
  }
  await of.finish();
  const kept = (dayOf(now) - MINUTE_DAYS) * DAY;
  const tables = {
    minute: new Inserting(db, "minute"),
    hour: new Inserting(db, "hour"),
    day: new Inserting(db, "day"),
  };
  const packs = packOf(series.length - 1) + 1;
  for (let pack = 0; pack < packs; pack++) await fillPack(pack, { ...past, series }, kept, tables);
  for (const table of Object.values(tables)) await table.finish();
  const progress = new Inserting(db, "progress");
  for (const [name, value] of Object.entries({
    nextPack: packs,
    rolledHour: hourOf(to),
    rolledDay: dayOf(to),
    goneDay: dayOf(kept),
    clockAt: now,
    // As a roll-up leaves it: any number.
    rollup: 1 + Math.floor(Math.random() * 2 ** 52),
  }))
    await progress.add(name, value);
  await progress.finish();
}

const jsonOf = ({ labels }: FleetSeries): string =>
  labelsJson(canonicalLabels(Object.entries(labels)));

/** As a flush numbers those that are new. */
function inOrder(series: readonly FleetSeries[]): readonly FleetSeries[] {
  const keys = new Map(series.map((one) => [one, one.metric + jsonOf(one)]));
  return [...series].sort((a, b) => (keys.get(a)! < keys.get(b)! ? -1 : 1));
}

async function fillPack(
  pack: number,
  { series, since, to, every }: Past,
  kept: number,
  tables: Readonly<Record<"minute" | "hour" | "day", Inserting>>,
): Promise<void> {
  const ids = [...series.keys()].filter((id) => packOf(id) === pack);
  const years = new Map<number, Period[]>();
  for (let day = since; day < to; day += DAY) {
    const hours: Period[] = [];
    for (let hour = day; hour < Math.min(to, day + DAY); hour += HOUR) {
      const segments = new Map(
        ids.map((id) => [slotOf(id), segmentOf(series[id]!, since, hour, every)]),
      );
      const body = encodePack(segments);
      // Shard 0, part 0: of a page that was flushed before all others.
      if (hour >= kept) await tables.minute.add(hourOf(hour), pack, 0, 0, body);
      const period = hourOfMinutes(hourOf(hour), [body], false, SAMPLES_PER_MINUTE);
      if (!isReadable(period)) throw new Error(period.message);
      hours.push(period);
    }
    const rolled = rollUpHours(dayOf(day), null, hours);
    await tables.hour.add(pack, dayOf(day), rolled.body!);
    if (day + DAY > to) continue;
    const year = yearOf(day);
    years.set(year, [...(years.get(year) ?? []), rolled.day!]);
  }
  for (const [year, days] of years)
    await tables.day.add(pack, year, putInto("day", year, null, days).body!);
}

const minutes = new Minutes(SAMPLES_PER_MINUTE, 60);

function segmentOf({ valueAt }: FleetSeries, since: number, hour: number, every: number): string {
  minutes.length = 0;
  for (let minute = hour; minute < hour + HOUR; minute += Math.max(every, MINUTE)) {
    const row = minutes.push(minute);
    for (let at = minute; at < minute + MINUTE; at += every)
      minutes.add(row, valueAt((at - since) / 1_000), at);
  }
  return encodeMinuteSegment(minutes, hour);
}
