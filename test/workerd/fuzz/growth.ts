// What a store has grown by, at rest: after a flush, with no object in memory. Rows by table, and the heap of the
// isolate, Worker and shards, after a collection, where vitest has an inspector (`npm run fuzz`).

import { evictAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { fetchApi } from "../api-client.ts";

export interface Held {
  /** Undefined: the runtime does not say. */
  readonly heapBytes: number | undefined;
  /** Rows by table. */
  readonly d1: Readonly<Record<string, number>>;
  readonly shard: Readonly<Record<string, number>>;
}

/** What may lie about in a heap of some tens of MB after a collection. */
const NOISE_BYTES = 6e6;

/** Rows that no request may make more of, whatever it holds; others are as many as what is stored needs. */
const MOST_ROWS = {
  token: LIMITS.tokens,
  view: LIMITS.views,
  link: LIMITS.views * LIMITS.linksPerView,
  event: LIMITS.eventsPerDay * 100,
  alert_rule: LIMITS.alertRules,
  layouts: 2,
  flushed: 4,
  progress: 40,
} as const;
/** Of a shard without pages. */
const MOST_BLOBS = 200;

async function heapBytes(): Promise<number | undefined> {
  const answer = await env.HEAP.fetch("http://heap");
  return answer.status === 204 ? undefined : Number(await answer.text());
}

const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '[_s]*_*'";

export async function held(): Promise<Held> {
  const flushed = await fetchApi("/api/v1/flush", { method: "POST" });
  expect(flushed.status, await flushed.text()).toBe(200);
  const names = await env.DB.prepare(TABLES).run<{ readonly name: string }>();
  const d1: Record<string, number> = {};
  for (const { name } of names.results)
    d1[name] = (await env.DB.prepare(`SELECT count(*) AS rows FROM ${name}`).first<number>(
      "rows",
    ))!;
  const shard = await runInDurableObject(env.SHARD.getByName("0"), (_, { storage: { sql } }) =>
    Object.fromEntries(
      [...sql.exec<{ name: string }>(TABLES)].map(({ name }) => [
        name,
        sql.exec<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`).one().rows,
      ]),
    ),
  );
  await evictAllDurableObjects();
  return { heapBytes: await heapBytes(), d1, shard };
}

/** In a line. */
export function saidOf({ heapBytes: bytes, d1, shard }: Held): string {
  const rows = (of: Held["d1"]): string =>
    Object.entries(of)
      .filter(([, many]) => many > 0)
      .map(([table, many]) => `${table} ${many}`)
      .join(", ");
  const heap = bytes === undefined ? "not looked at" : `${(bytes / 1e6).toFixed(1)} MB`;
  return `heap ${heap}; rows of D1: ${rows(d1)}; of the shard: ${rows(shard)}`;
}

/** `late` is the end of what came in after `early`. */
export function expectNoGrowth(early: Held, late: Held): void {
  console.log(`at the end, at rest: ${saidOf(late)}`);
  if (early.heapBytes !== undefined && late.heapBytes !== undefined)
    expect(late.heapBytes - early.heapBytes, "bytes of the heap").toBeLessThan(NOISE_BYTES);
  for (const [table, most] of Object.entries(MOST_ROWS))
    expect(late.d1[table], `rows of ${table}`).toBeLessThanOrEqual(most);
  expect(late.d1.series).toBeLessThanOrEqual(LIMITS.seriesPerShard);
  expect(late.shard.journal).toBeLessThanOrEqual(LIMITS.journalRows);
  expect(late.shard.blob).toBeLessThanOrEqual(MOST_BLOBS);
}
