// The Worker of bench/rollup.ts: fills a D1 with packs as flushes would, and runs steps of the cron on it.

import { Buckets } from "../../src/core/bucket.ts";
import { encodePack, SERIES_PER_PACK } from "../../src/core/codec/pack.ts";
import { encodeMinuteSegment, encodeSegment } from "../../src/core/codec/segment.ts";
import { SAMPLES_PER_MINUTE } from "../../src/core/config.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { Minutes } from "../../src/core/minutes.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { purgeMinutes } from "../../src/worker/cron/retention.ts";
import { rollUpClosed, rollUpDays, rollUpDirty } from "../../src/worker/cron/rollup.ts";
import type { Round, StepResult } from "../../src/worker/cron/step.ts";
import { purgeTombstones } from "../../src/worker/cron/tombstones.ts";
import type { Order, Ran, StepName } from "./rollup-order.ts";

interface Env {
  readonly DB: D1Database;
}

/** Different segments; the series take turns. */
const SEGMENTS = 97;

/** A gauge with two decimals, 4 points a minute (or a day of it, an hour a bucket). */
/** Segments of minutes, or of days. */
function segments(rows: number, step: typeof MINUTE | typeof DAY): string[] {
  let random = 2026;
  const next = (): number => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  let value = 72.5;
  return Array.from({ length: SEGMENTS }, () => {
    const buckets = step === MINUTE ? new Minutes(SAMPLES_PER_MINUTE, rows) : new Buckets(rows);
    for (let start = 0; start < rows * step; start += step) {
      const row = buckets.push(start);
      for (let at = 0; at < 4; at++) {
        value = Math.round((value + (next() - 0.5) * 2) * 100) / 100;
        buckets.add(row, value, start + Math.floor(((at + next()) * step) / 4));
      }
    }
    return buckets instanceof Buckets
      ? encodeSegment(buckets, 0, step)
      : encodeMinuteSegment(buckets, 0);
  });
}

const MINUTES = segments(60, MINUTE);

const packOf = (texts: readonly string[], pack: number, span: number): string =>
  encodePack(
    new Map(
      Array.from({ length: SERIES_PER_PACK }, (_, slot) => [
        slot,
        texts[((pack * SERIES_PER_PACK + slot) * 31 + span) % SEGMENTS]!,
      ]),
    ),
  );

async function insert(
  db: D1Database,
  sql: string,
  rows: Iterable<readonly unknown[]>,
): Promise<void> {
  let part: string[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    await db
      .prepare(sql)
      .bind(`[${part.join(",")}]`)
      .run();
    part = [];
    bytes = 0;
  };
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (bytes + text.length > LIMITS.rowBytes) await send();
    part.push(text);
    bytes += text.length;
  }
  await send();
}

const STEPS: Readonly<Record<StepName, (db: D1Database, round: Round) => Promise<StepResult>>> = {
  closed: rollUpClosed,
  days: rollUpDays,
  dirty: rollUpDirty,
  minutes: (db, round) => purgeMinutes(db, round, { minute: 1, hour: 0, day: 0 }),
  tombstones: purgeTombstones,
};

async function run(db: D1Database, name: StepName, now: number): Promise<Ran> {
  const start = performance.now();
  const ran = { rounds: 0, ms: 0, longestMs: 0, written: 0, read: 0, more: true };
  while (ran.more && ran.ms < LIMITS.cronMs) {
    const token = 1 + Math.floor(Math.random() * 2 ** 50);
    const { rows, more } = await STEPS[name](db, {
      now,
      token,
      share: 1,
      samplesPerMinute: SAMPLES_PER_MINUTE,
    });
    const ms = performance.now() - start;
    ran.rounds++;
    ran.longestMs = Math.max(ran.longestMs, ms - ran.ms);
    ran.ms = ms;
    ran.written += rows.written;
    ran.read += rows.read;
    ran.more = more;
  }
  return ran;
}

export default {
  async fetch(request: Request, { DB }: Env): Promise<Response> {
    const order = await request.json<Order>();
    switch (order.do) {
      case "fill": {
        const { packs, from, to } = order;
        await insert(
          DB,
          `INSERT INTO minute (hour, pack, shard, part, body)
           SELECT value ->> 0, value ->> 1, 0, 1, value ->> 2 FROM json_each(?1)`,
          (function* () {
            for (let hour = from; hour < to; hour++)
              for (let pack = 0; pack < packs; pack++)
                yield [hour, pack, packOf(MINUTES, pack, hour)];
          })(),
        );
        break;
      }
      case "years": {
        const year = new Date(order.hour * HOUR).getUTCFullYear();
        const days = (order.hour * HOUR - Date.UTC(year, 0, 1)) / DAY;
        const texts = segments(Math.floor(days), DAY);
        await insert(
          DB,
          `INSERT INTO day (pack, year, body)
           SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)`,
          (function* () {
            for (let pack = 0; pack < order.packs; pack++)
              yield [pack, year, packOf(texts, pack, 0)];
          })(),
        );
        break;
      }
      case "sql":
        await DB.prepare(order.sql).run();
        break;
      case "run":
        return Response.json(await run(DB, order.step, order.now));
    }
    return Response.json(null);
  },
};
