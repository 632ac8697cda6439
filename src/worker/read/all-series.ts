// All series and their labels, for who names no metric. What databases hold is kept as columns, and read again
// when a flush or a removal has changed it; what only shards know is asked for each time.

import type { MissingDatabase } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import type { Work } from "../../core/query/matcher.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { SeriesColumns, type Wanted } from "../../core/query/series-columns.ts";
import { type FoundSeries, METRIC_NAME, type Series } from "../../core/query/source.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { labelsJson, parseLabelsJson } from "../../core/series/labels.ts";
import { readAllSeries, readSeriesVersion } from "../../d1/all-series.ts";
import { readNames } from "../../d1/catalogue.ts";
import type { RowCount } from "../../d1/database.ts";
import { databasesOf } from "../../d1/databases.ts";
import type { MetricHead } from "../../durable/metrics.ts";
import type { Env } from "../env.ts";
import { tooManySeries } from "./bounds.ts";
import { askAllDatabases, askDatabases } from "./databases.ts";
import { allHeads } from "./names.ts";
import { headsOf } from "./series.ts";

export type AskedOfAll = Omit<Wanted, "seenOf">;

/** What a database held when it was last read. */
interface Kept {
  readonly version: string;
  readonly columns: SeriesColumns;
  /** A series of each metric, without its labels: there are too many, or too long ones. */
  readonly namesOnly: boolean;
}

const kept = new WeakMap<D1Database, Kept>();

/** Names of labels, __name__ among them; or the values of one. */
export async function textsOf(
  env: Env,
  asked: AskedOfAll,
  label: string | undefined,
): Promise<Result<ReadonlySet<string>, ReadError>> {
  const read = await readAll(env, asked);
  return read.ok ? textsIn(read.value, asked.work, label) : read;
}

/**
 * The same of metrics that are named, when all that databases hold is kept; undefined when it is not, or has changed
 * since: then theirs alone are the least to read.
 */
export async function keptTextsOf(
  env: Env,
  asked: AskedOfAll & { readonly metrics: readonly string[] },
  label: string | undefined,
): Promise<Result<ReadonlySet<string>, ReadError> | undefined> {
  if (!databasesOf(env).every(({ db }) => kept.get(db)?.namesOnly === false)) return undefined;
  // Shards first, as below.
  const heads = await headsOf(env, asked.metrics);
  if (!heads.ok) return heads;
  const answers = await askAllDatabases(
    env,
    async (session, db) => (await unchanged(session, db)) ?? CHANGED,
  );
  if (!answers.ok) return answers;
  const stored = answers.value.flatMap(({ columns }) => columns ?? []);
  if (stored.length < answers.value.length) return undefined;
  return textsIn(withHeads(asked, stored, heads.value), asked.work, label);
}

const CHANGED = { columns: undefined, counted: { read: 0, written: 0 } } as const;

function textsIn(
  { stored, fresh, wanted }: Read,
  work: Work,
  label: string | undefined,
): Result<ReadonlySet<string>, ReadError> {
  const texts = new Set<string>();
  for (const columns of stored) columns.collect(wanted, label, texts);
  for (const { metric, labels } of fresh)
    for (const [name, value] of [[METRIC_NAME, metric] as const, ...labels])
      if (label === undefined) texts.add(name);
      else if (name === label) texts.add(value);
  return work.over === undefined ? ok(texts) : err(work.over);
}

/** The series themselves, by name and labels, at most `limit`. */
export async function allSeriesOf(
  env: Env,
  asked: AskedOfAll,
  limit: number,
): Promise<Result<FoundSeries, ReadError>> {
  const read = await readAll(env, asked);
  if (!read.ok) return read;
  const { stored, fresh, wanted } = read.value;
  const found = new Map<string, Series>();
  for (const columns of stored)
    for (const one of columns.matching(wanted)) found.set(keyOf(one), one);
  for (const one of fresh) found.set(keyOf(one), one);
  if (asked.work.over !== undefined) return err(asked.work.over);
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return ok({ series: sorted.slice(0, limit), cut: sorted.length > limit });
}

const keyOf = ({ metric, labels }: Series): string => metric + labelsJson(labels);

interface Read {
  readonly wanted: Wanted;
  /** Of each database. */
  readonly stored: readonly SeriesColumns[];
  /** Those that match and that only shards know, as far as these know. */
  readonly fresh: readonly Series[];
}

async function readAll(env: Env, asked: AskedOfAll): Promise<Result<Read, ReadError>> {
  const { prefix } = asked;
  // Shards first: a series that reaches D1 in between is then found twice, never not at all.
  const heads = await allHeads(env, prefix);
  if (!heads.ok) return heads;
  const answers = await askAllDatabases(env, columnsOf);
  if (!answers.ok) return answers;
  const stored = answers.value.map(({ columns }) => columns);
  const over = tooManySeries(stored.reduce((sum, { size }) => sum + size, 0));
  if (over !== undefined) return err(over);
  // Of all databases together: one isolate keeps them.
  if (stored.reduce((sum, { bytes }) => sum + bytes, 0) <= LIMITS.keptSeriesBytes)
    for (const { db, version, columns } of answers.value)
      kept.set(db, { version, columns, namesOnly: false });
  return ok(withHeads(asked, stored, heads.value));
}

/** What is stored, and what only shards know of it. */
function withHeads(
  asked: AskedOfAll,
  stored: readonly SeriesColumns[],
  heads: ReadonlyMap<string, MetricHead>,
): Read {
  const { names, labels: matchers, work, from, to } = asked;
  const fresh: Series[] = [];
  for (const { name, firstAt, lastAt, fresh: all } of heads.values()) {
    if (firstAt >= to || lastAt < from || !work.matchesText(names, name)) continue;
    for (const json of all) {
      const labels = parseLabelsJson(json);
      if (work.matches(matchers, labels)) fresh.push({ metric: name, labels });
    }
  }
  return { wanted: { ...asked, seenOf: (metric) => heads.get(metric) }, stored, fresh };
}

/** What databases hold, each as far as it is kept. */
export interface SeriesOrNames {
  readonly columns: readonly SeriesColumns[];
  /** Of one at least. */
  readonly namesOnly: boolean;
  readonly missing: readonly MissingDatabase[];
}

/**
 * The series that all databases hold; of those with too many, or for which there is no room beside the others,
 * their metrics alone: so that the next question reads nothing anew. @throws D1Failed when no database answers
 */
export async function seriesOrNames(env: Env): Promise<SeriesOrNames> {
  const { answers, missing } = await askDatabases(env, wholeOrNames);
  let room = LIMITS.keptSeriesBytes;
  const all = answers.map(({ db, version, columns: whole, ...read }): Kept => {
    const namesOnly = read.namesOnly || whole.bytes > room;
    const columns = namesOnly && !read.namesOnly ? whole.namesAlone(Date.now()) : whole;
    room -= columns.bytes;
    const now = { version, columns, namesOnly };
    kept.set(db, now);
    return now;
  });
  return {
    columns: all.map(({ columns }) => columns),
    namesOnly: all.some(({ namesOnly }) => namesOnly),
    missing,
  };
}

type OneRead = Kept & { readonly db: D1Database; readonly counted: RowCount };

/** Of a database with more series than are read, the names. @throws D1Failed */
async function wholeOrNames(session: D1DatabaseSession, db: D1Database): Promise<OneRead> {
  const known = await unchanged(session, db);
  if (known !== undefined) return known;
  const whole = await columnsOf(session, db);
  if (whole.columns.size <= LIMITS.seriesRowsPerQuery) return whole;
  const { names, counted } = await readNames(session, "", LIMITS.seriesRowsPerQuery + 1);
  const rows = names.map((metric) => ({ metric, labels: "{}", first_at: 0, last_at: 0, last: 0 }));
  const read = whole.counted.read + counted.read;
  const columns = new SeriesColumns(rows);
  return { ...whole, columns, namesOnly: true, counted: { read, written: 0 } };
}

/** What is kept of a database, unless it has changed. @throws D1Failed */
async function unchanged(session: D1DatabaseSession, db: D1Database): Promise<OneRead | undefined> {
  const before = kept.get(db);
  if (before === undefined) return undefined;
  const { version, counted } = await readSeriesVersion(session);
  if (version === before.version) return { ...before, db, counted };
  kept.delete(db);
  return undefined;
}

/** All its series, one more than are read when there are more. @throws D1Failed */
async function columnsOf(session: D1DatabaseSession, db: D1Database): Promise<OneRead> {
  const known = kept.get(db)?.namesOnly === false ? await unchanged(session, db) : undefined;
  if (known !== undefined) return known;
  const { version, series, counted } = await readAllSeries(session, LIMITS.seriesRowsPerQuery + 1);
  return { version, columns: new SeriesColumns(series), namesOnly: false, db, counted };
}
