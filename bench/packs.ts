// How many series a row should hold: the reads and the flush that matter, on a local D1, with packs of 1,
// 8, 16 and 32. Times are those that the Worker sees, its parsing included. Usage: npm run bench:packs

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { SERIES_PER_PACK } from "../src/core/codec/pack.ts";
import { encodeMinuteSegment } from "../src/core/codec/segment.ts";
import { SAMPLES_PER_MINUTE } from "../src/core/config.ts";
import { Minutes } from "../src/core/minutes.ts";
import { HOUR, MINUTE } from "../src/core/tiers.ts";
import { median } from "./support/client.ts";

const PACKS = [1, 8, 16, 32] as const;
const SERIES = 512;
const HOURS = 15 * 24;
const FLUSHED = 2_048;
/** Different segments; the series take turns. */
const SEGMENTS = 97;
const EVERY = 15_000;
const RUNS = 25;
const FIRST_HOUR = 490_000;
/** Bytes of one parameter, as of a flush. */
const PARAMETER = 1_800_000;

/** A gauge with two decimals, 4 points a minute, as the shard would have packed it. */
function segments(): string[] {
  let random = 2026;
  const next = (): number => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  let value = 72.5;
  return Array.from({ length: SEGMENTS }, () => {
    const minutes = new Minutes(SAMPLES_PER_MINUTE, 60);
    for (let at = 0; at < HOUR; at += EVERY) {
      value = Math.round((value + (next() - 0.5) * 2) * 100) / 100;
      const minute = at - (at % MINUTE);
      const last = minutes.length - 1;
      const row = last >= 0 && minutes.start[last] === minute ? last : minutes.push(minute);
      minutes.add(row, value, at + Math.floor(next() * EVERY));
    }
    return encodeMinuteSegment(minutes, 0);
  });
}

const TEXTS = segments();
const textOf = (series: number, hour: number): string => TEXTS[(series * 31 + hour) % SEGMENTS]!;

/** One row each pack: `hour`, `pack`, and the body, of which JSON needs no more than quotes. */
function rowsOf(size: number, series: number, hour: number): string[] {
  return Array.from({ length: series / size }, (_, pack) => {
    const body: Record<string, string> = {};
    for (let slot = 0; slot < size; slot++) body[slot] = textOf(pack * size + slot, hour);
    return JSON.stringify([hour, pack, JSON.stringify(body)]);
  });
}

/** JSON arrays of rows, each as one parameter. */
function parametersOf(rows: readonly string[]): string[] {
  const parameters: string[] = [];
  let part: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (bytes + row.length > PARAMETER) {
      parameters.push(`[${part.join(",")}]`);
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += row.length;
  }
  return [...parameters, `[${part.join(",")}]`];
}

/**
 * Runs one statement over lists of parameters, as one batch, and answers how long that took it and what
 * D1 counted. `parse`: also reads what came as packs. Its clock goes on only when something is awaited.
 */
const WORKER = `export default {
  async fetch(request, { DB }) {
    const { sql, parameters, parse } = await request.json();
    const start = performance.now();
    const results = await DB.batch(parameters.map((list) => DB.prepare(sql).bind(...list)));
    let segments = 0;
    if (parse)
      for (const { results: rows } of results)
        for (const { body } of rows) segments += Object.keys(JSON.parse(body)).length;
    await scheduler.wait(0);
    const ms = performance.now() - start;
    const sum = (of) => results.reduce((total, { meta }) => total + meta[of], 0);
    const rows = results.reduce((total, { results }) => total + results.length, 0);
    return Response.json({
      ms, rows, segments, written: sum("rows_written"), bytes: results.at(-1).meta.size_after,
    });
  },
};`;

interface Ran {
  readonly ms: number;
  readonly rows: number;
  readonly segments: number;
  readonly written: number;
  readonly bytes: number;
}

interface Statement {
  readonly sql: string;
  readonly parameters: readonly (readonly (string | number)[])[];
  readonly parse?: true;
}

interface Measured {
  readonly size: number;
  readonly day: number;
  readonly fortnight: number;
  readonly wide: number;
  readonly flush: number;
  readonly rows: number;
  /** As stored, of a series-hour. */
  readonly bytes: number;
}

const TABLE = `CREATE TABLE minute (
  hour INTEGER NOT NULL, pack INTEGER NOT NULL, shard INTEGER NOT NULL, part INTEGER NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (hour, pack, shard, part)) STRICT, WITHOUT ROWID`;
const INSERT = `INSERT INTO minute (hour, pack, shard, part, body)
  SELECT value ->> 0, value ->> 1, 0, 1, value ->> 2 FROM json_each(?1)`;
const RANGE = `json_each(?1) AS h CROSS JOIN minute AS m ON m.hour = h.value`;
const NARROW = `SELECT m.body ->> ('$."' || ?2 || '"') AS body FROM ${RANGE} AND m.pack = ?3`;
const WIDE = `SELECT m.body FROM ${RANGE} AND m.pack < ?2`;

async function measure(size: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "minuet-packs-"));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "packs",
      modules: [{ type: "ESModule", path: "index.js", contents: WORKER }],
      compatibilityDate: "2026-11-02",
      d1Databases: { DB: "packs" },
      d1Persist: folder,
    }),
  );
  const run = async (statement: Statement): Promise<Ran> => {
    const body = JSON.stringify(statement);
    const answer = await miniflare.dispatchFetch("http://packs/", { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Ran;
  };
  /** Median time; of `rows` rows, or it was not what was meant. */
  const time = async (rows: number, statement: (run: number) => Statement): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const ran = await run(statement(i));
      if (ran.rows !== rows) throw new Error(`expected ${rows} rows, D1 gave ${ran.rows}`);
      times.push(ran.ms);
    }
    return median(times);
  };
  try {
    await run({ sql: TABLE, parameters: [[]] });
    let stored = 0;
    for (let hour = 0; hour < HOURS; hour++)
      for (const parameter of parametersOf(rowsOf(size, SERIES, FIRST_HOUR + hour)))
        stored = (await run({ sql: INSERT, parameters: [[parameter]] })).bytes;
    const hours = (count: number): string =>
      JSON.stringify(Array.from({ length: count }, (_, i) => FIRST_HOUR + HOURS - 1 - i));
    const narrow = (count: number) => (i: number) => {
      const series = (i * 101) % SERIES;
      return {
        sql: NARROW,
        parameters: [[hours(count), series % size, Math.floor(series / size)]],
      };
    };
    const flushes: Ran[] = [];
    for (let i = 0; i < RUNS; i++) {
      const rows = parametersOf(rowsOf(size, FLUSHED, FIRST_HOUR + HOURS + i));
      flushes.push(await run({ sql: INSERT, parameters: rows.map((one) => [one]) }));
    }
    return {
      size,
      day: await time(24, narrow(24)),
      fortnight: await time(HOURS, narrow(HOURS)),
      wide: await time((24 * 128) / size, () => ({
        sql: WIDE,
        parameters: [[hours(24), 128 / size]],
        parse: true,
      })),
      flush: median(flushes.map(({ ms }) => ms)),
      rows: flushes[0]!.written,
      bytes: stored / (SERIES * HOURS),
    };
  } finally {
    await miniflare.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

const average = TEXTS.reduce((sum, text) => sum + text.length, 0) / TEXTS.length;
console.log(
  `${SERIES} series × 15 days in packs, segments of ${average.toFixed(0)} characters; medians of ${RUNS}, ms\n`,
);
console.log(
  "series a row   24 h of one   15 d of one   24 h of 128   a flush of 2,048   its rows   bytes a series-hour",
);
for (const size of PACKS) {
  const { day, fortnight, wide, flush, rows, bytes } = await measure(size);
  const cells = [
    [`${size}${size === SERIES_PER_PACK ? " (in use)" : ""}`, 12],
    [day.toFixed(1), 14],
    [fortnight.toFixed(1), 14],
    [wide.toFixed(1), 14],
    [flush.toFixed(1), 19],
    [rows.toLocaleString("en"), 11],
    [bytes.toFixed(0), 22],
  ] as const;
  console.log(cells.map(([text, width]) => text.padStart(width)).join(""));
}
