// What D1 holds for a read, in one batch: series, watermarks, marks and segments are of one snapshot.
// What it means is decided by core/query; nothing is decoded here.

import * as LIMITS from "../core/limits.ts";
import type { Matcher } from "../core/query/matcher.ts";
import { hoursOf, type Plan, spans } from "../core/query/plan.ts";
import { dayOf } from "../core/tiers.ts";
import { batch, type Database, query, type Query, type RowCount } from "./database.ts";
import { HOURS_OF_DAY } from "./hours.ts";
import { SELECT_LAYOUTS, shardsOf } from "./layouts.ts";
import type { DirtyRow, FlushedRow, ProgressRow, SeriesRow, UnreadableRow } from "./rows.ts";

/** Which segments. */
export interface Wanted {
  readonly metrics: readonly string[];
  /** Of labels. Those that SQL can answer narrow what is read; all must be run again. */
  readonly matchers: readonly Matcher[];
  readonly plan: Plan;
}

/** A segment: of the hour `span` (one part of its minutes), or of the plan's own tier. */
export interface SegmentRow {
  readonly series_id: number;
  /** Hour, UTC day or year: the table's own key. */
  readonly span: number;
  readonly body: string;
}

/** A series; `metric` is a position in `Wanted.metrics`. */
export type StoredSeries = Pick<SeriesRow, "id" | "labels"> & { readonly metric: number };

export interface DirtyMark extends DirtyRow {
  /** 1: retention left the minutes of this pair, all of them, since one cannot be read. */
  readonly kept: UnreadableRow["kept"];
}

export interface Snapshot {
  /** Watermarks by shard. */
  readonly flushed: ReadonlyMap<number, number>;
  /** Values of SHARDS under which points may lie in shards. */
  readonly layouts: readonly number[];
  /** The cron's numbers by name. */
  readonly progress: ReadonlyMap<string, number>;
  /** The first so many of each, one more than a read may use: then the rest is missing. */
  readonly series: readonly StoredSeries[];
  /** Segments of the hour or day tier. */
  readonly coarse: readonly SegmentRow[];
  readonly dirty: readonly DirtyMark[];
  /** Minute segments; for the hour and day tiers those of dirty days. */
  readonly minutes: readonly SegmentRow[];
  readonly counted: RowCount;
}

/** `shards`: whose watermarks are told. @throws D1Failed */
export async function readSnapshot(
  db: Database,
  wanted: Wanted,
  shards: readonly number[],
): Promise<Snapshot> {
  const { plan } = wanted;
  const empty = plan.kept >= plan.to;
  const coarse = !empty && plan.tier !== "minute";
  const { rows, counted } = await batch(db, {
    flushed: query<FlushedRow>(
      "SELECT shard, page FROM flushed WHERE shard IN (SELECT value FROM json_each(?))",
      JSON.stringify(shards),
    ),
    progress: query<ProgressRow>("SELECT name, value FROM progress"),
    layouts: SELECT_LAYOUTS,
    series: seriesOf(wanted),
    coarse: coarse ? [coarseOf(wanted)] : [],
    dirty: coarse ? [dirtyOf(wanted)] : [],
    minutes: empty ? [] : [coarse ? dirtyMinutesOf(wanted) : minutesOf(wanted)],
  });
  return {
    flushed: new Map(rows.flushed.map(({ shard, page }) => [shard, page])),
    layouts: shardsOf(rows.layouts),
    progress: new Map(rows.progress.map(({ name, value }) => [name, value])),
    series: rows.series,
    coarse: rows.coarse,
    dirty: rows.dirty,
    minutes: rows.minutes,
    counted,
  };
}

/** One more than a read may use, so that too many is seen. */
const SEGMENTS = LIMITS.segmentsPerQuery + 1;

const seriesOf = (wanted: Wanted): Query<StoredSeries> => {
  const { cte, params } = idsOf(wanted);
  return query(`${cte} SELECT id, metric, labels FROM ids LIMIT ${SERIES}`, ...params);
};

const SERIES = LIMITS.seriesRowsPerQuery + 1;

/** Minutes are keyed by hour first, so each (hour, series) is a seek: no more than it allows. */
function minutesOf(wanted: Wanted): Query<SegmentRow> {
  const { cte, params } = idsOf(wanted);
  const hours = spans(wanted.plan);
  const most = Math.floor(LIMITS.seeksPerQuery / hours.length);
  return query(
    `${cte} SELECT t.series_id, t.hour AS span, t.body
     FROM ids CROSS JOIN json_each(?) AS h CROSS JOIN minute AS t
     WHERE t.hour = h.value AND t.series_id = ids.id
       AND (SELECT count(*) FROM ids) <= ${most} LIMIT ${SEGMENTS}`,
    ...params,
    JSON.stringify(hours),
  );
}

/** The column of the tier's table that says which span a segment is of. */
const spanColumn = ({ tier }: Plan): "day" | "year" => (tier === "hour" ? "day" : "year");

function coarseOf(wanted: Wanted): Query<SegmentRow> {
  const { cte, params } = idsOf(wanted);
  const keys = spans(wanted.plan);
  const span = spanColumn(wanted.plan);
  return query(
    `${cte} SELECT t.series_id, t.${span} AS span, t.body
     FROM ids CROSS JOIN ${wanted.plan.tier} AS t
     WHERE t.series_id = ids.id AND t.${span} BETWEEN ? AND ? LIMIT ${SEGMENTS}`,
    ...params,
    keys[0] ?? 0,
    keys.at(-1) ?? 0,
  );
}

/** Days with marks are few: a skip scan finds them without reading the marks of other series. */
function marksOf(wanted: Wanted): Part {
  const { cte, params } = idsOf(wanted);
  const [from, to] = daysOf(wanted.plan);
  return {
    cte: `${cte}, days (day) AS (
      SELECT min(day) FROM dirty WHERE day >= ?
      UNION ALL
      SELECT (SELECT min(day) FROM dirty WHERE day > days.day) FROM days WHERE day < ?
    ), marks AS (
      SELECT t.day, t.series_id FROM days CROSS JOIN ids CROSS JOIN dirty AS t
      WHERE days.day <= ? AND t.day = days.day AND t.series_id = ids.id
    )`,
    params: [...params, from, to, to],
  };
}

const daysOf = ({ kept, to }: Plan): [number, number] => [dayOf(kept), dayOf(to - 1)];

function dirtyOf(wanted: Wanted): Query<DirtyMark> {
  const { cte, params } = marksOf(wanted);
  return query(
    `${cte} SELECT marks.day, marks.series_id, coalesce(u.kept, 0) AS kept
     FROM marks LEFT JOIN unreadable AS u ON u.day = marks.day AND u.series_id = marks.series_id
     LIMIT ${SEGMENTS}`,
    ...params,
  );
}

/** The first and the last hour whose minutes may answer. */
function dirtyHours(plan: Plan): [number, number] {
  const [from, to] = daysOf(plan);
  return [hoursOf(plan, from)[0] ?? 0, hoursOf(plan, to).at(-1) ?? 0];
}

const DIRTY_MINUTES = `FROM marks CROSS JOIN ${HOURS_OF_DAY} AS h CROSS JOIN minute AS t
     WHERE t.hour = marks.day * 24 + h.value AND t.series_id = marks.series_id
       AND marks.day * 24 + h.value BETWEEN ? AND ?`;

function dirtyMinutesOf(wanted: Wanted): Query<SegmentRow> {
  const { cte, params } = marksOf(wanted);
  return query(
    `${cte} SELECT t.series_id, t.hour AS span, t.body ${DIRTY_MINUTES} LIMIT ${SEGMENTS}`,
    ...params,
    ...dirtyHours(wanted.plan),
  );
}

/** How many segments there are of a span. */
export interface SegmentCount {
  readonly span: number;
  readonly segments: number;
}

/**
 * How many segments a read would take, by span: `coarse` by UTC day or year, `minutes` by hour. For a
 * read that was over a limit: it costs as much as the read did, without the bodies. @throws D1Failed
 */
export async function countSegments(
  db: Database,
  wanted: Wanted,
): Promise<{
  readonly coarse: readonly SegmentCount[];
  readonly minutes: readonly SegmentCount[];
  readonly counted: RowCount;
}> {
  const { plan } = wanted;
  const { cte, params } = idsOf(wanted);
  if (plan.tier === "minute") {
    const { rows, counted } = await batch(db, {
      minutes: query<SegmentCount>(
        `${cte} SELECT t.hour AS span, count(*) AS segments
         FROM ids CROSS JOIN json_each(?) AS h CROSS JOIN minute AS t
         WHERE t.hour = h.value AND t.series_id = ids.id GROUP BY t.hour`,
        ...params,
        JSON.stringify(spans(plan)),
      ),
    });
    return { coarse: [], minutes: rows.minutes, counted };
  }
  const keys = spans(plan);
  const span = spanColumn(plan);
  const marks = marksOf(wanted);
  const { rows, counted } = await batch(db, {
    coarse: query<SegmentCount>(
      `${cte} SELECT t.${span} AS span, count(*) AS segments FROM ids CROSS JOIN ${plan.tier} AS t
       WHERE t.series_id = ids.id AND t.${span} BETWEEN ? AND ? GROUP BY t.${span}`,
      ...params,
      keys[0] ?? 0,
      keys.at(-1) ?? 0,
    ),
    minutes: query<SegmentCount>(
      `${marks.cte} SELECT t.hour AS span, count(*) AS segments ${DIRTY_MINUTES} GROUP BY t.hour`,
      ...marks.params,
      ...dirtyHours(plan),
    ),
  });
  return { coarse: rows.coarse, minutes: rows.minutes, counted };
}

interface Part {
  readonly cte: string;
  readonly params: readonly (string | number)[];
}

/** Labels whose name may stand in quotes in a JSON path. */
const PLAIN_LABEL = /^[^"\\\p{Cc}]+$/u;

/** The series of the metrics, as a table `ids`, without those that SQL can tell not to match. */
function idsOf({ metrics, matchers }: Pick<Wanted, "metrics" | "matchers">): Part {
  const conditions = ["s.metric = m.value"];
  const params = [JSON.stringify(metrics)];
  for (const { label, op, texts } of matchers) {
    if (texts === undefined || !PLAIN_LABEL.test(label)) continue;
    const not = op === "=" || op === "=~" ? "" : "NOT ";
    conditions.push(`coalesce(s.labels ->> ?, '') ${not}IN (SELECT value FROM json_each(?))`);
    params.push(`$."${label}"`, JSON.stringify(texts));
  }
  const cte = `WITH RECURSIVE ids (id, metric, labels) AS (
      SELECT s.id, m.key, s.labels FROM json_each(?) AS m CROSS JOIN series AS s
      WHERE ${conditions.join(" AND ")}
    )`;
  return { cte, params };
}

/** A series as D1 last heard of it; its shard may know later points. */
export type SeenSeries = StoredSeries & Pick<SeriesRow, "first_at" | "last_at">;

/** The series of metrics, at most one more than a read may look at. @throws D1Failed */
export async function readSeries(
  db: Database,
  wanted: Pick<Wanted, "metrics" | "matchers">,
): Promise<{ readonly series: readonly SeenSeries[]; readonly counted: RowCount }> {
  const { cte, params } = idsOf(wanted);
  const { rows, counted } = await batch(db, {
    series: query<SeenSeries>(
      `${cte} SELECT ids.id, ids.metric, ids.labels, s.first_at, s.last_at
       FROM ids CROSS JOIN series AS s WHERE s.id = ids.id LIMIT ${SERIES}`,
      ...params,
    ),
  });
  return { series: rows.series, counted };
}
