// Names and values of labels over all series, for who names no metric. What databases hold is kept as columns,
// and read again when a flush or a removal has changed it; what only shards know is asked for each time.

import * as LIMITS from "../../core/limits.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { SeriesColumns, type Wanted } from "../../core/query/series-columns.ts";
import { METRIC_NAME } from "../../core/query/source.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { parseLabelsJson } from "../../core/series/labels.ts";
import { readAllSeries, readSeriesVersion } from "../../d1/all-series.ts";
import type { RowCount } from "../../d1/database.ts";
import type { Env } from "../env.ts";
import { tooManySeries } from "./bounds.ts";
import { askAllDatabases } from "./databases.ts";
import { allHeads } from "./names.ts";

export type WantedTexts = Omit<Wanted, "seenOf">;

/** What a database held when it was last read. */
interface Kept {
  readonly version: string;
  readonly columns: SeriesColumns;
}

const kept = new WeakMap<D1Database, Kept>();

/** Names of labels, __name__ among them; or the values of one. */
export async function textsOf(
  env: Env,
  wanted: WantedTexts,
  label: string | undefined,
): Promise<Result<ReadonlySet<string>, ReadError>> {
  // Shards first: a series that reaches D1 in between is then found twice, never not at all.
  const heads = await allHeads(env, wanted.prefix);
  if (!heads.ok) return heads;
  const stored = await askAllDatabases(env, columnsOf);
  if (!stored.ok) return stored;
  const over = tooManySeries(stored.value.reduce((sum, { columns }) => sum + columns.size, 0));
  if (over !== undefined) return err(over);
  const texts = new Set<string>();
  const seenOf: Wanted["seenOf"] = (metric) => heads.value.get(metric);
  for (const { columns } of stored.value) columns.collect({ ...wanted, seenOf }, label, texts);
  const { names, labels: matchers, work, from, to } = wanted;
  for (const { name, firstAt, lastAt, fresh } of heads.value.values()) {
    if (firstAt >= to || lastAt < from || !work.matchesText(names, name)) continue;
    for (const json of fresh) {
      const labels = parseLabelsJson(json);
      if (!work.matches(matchers, labels)) continue;
      for (const [one, value] of [[METRIC_NAME, name] as const, ...labels])
        if (label === undefined) texts.add(one);
        else if (one === label) texts.add(value);
    }
  }
  return work.over === undefined ? ok(texts) : err(work.over);
}

/** @throws D1Failed */
async function columnsOf(
  session: D1DatabaseSession,
  db: D1Database,
): Promise<{ readonly columns: SeriesColumns; readonly counted: RowCount }> {
  const before = kept.get(db);
  if (before !== undefined) {
    const { version, counted } = await readSeriesVersion(session);
    if (version === before.version) return { columns: before.columns, counted };
    kept.delete(db);
  }
  const { version, series, counted } = await readAllSeries(session, LIMITS.seriesRowsPerQuery + 1);
  const columns = new SeriesColumns(series);
  if (columns.bytes <= LIMITS.keptSeriesBytes && columns.size <= LIMITS.seriesRowsPerQuery)
    kept.set(db, { version, columns });
  return { columns, counted };
}
