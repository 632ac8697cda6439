// The statements that read packs of a tier, and of the finer ones what is not rolled up into it. They may
// give more than a read needs, never less: what counts is decided by core/query/plan.ts.

import { SERIES_PER_PACK } from "../core/codec/pack.ts";
import { type DirtyHour, type Plan, spans } from "../core/query/plan.ts";
import type { WantedPack } from "../core/query/slices.ts";
import { dayOf, hourOf } from "../core/tiers.ts";
import { type Query, query } from "./database.ts";
import { valueOf } from "./progress.ts";

/** SQL of common tables, the last of which is `packs (pack, slot)`: see WantedPack. */
export interface Packs {
  readonly cte: string;
  readonly params: readonly (string | number)[];
}

/** A row of a pack, or of one slot of it. */
export interface PackRow {
  readonly pack: number;
  /** Hour, UTC day or year: the table's own key. */
  readonly span: number;
  /** Of which `body` is the segment; null: `body` is the whole pack. */
  readonly slot: number | null;
  /** Null: the slot has none. */
  readonly body: unknown;
}

/** Statements by what they are of. */
export interface SegmentQueries {
  readonly dirty: readonly Query<DirtyHour>[];
  readonly minutes: readonly Query<PackRow>[];
  readonly hours: readonly Query<PackRow>[];
  readonly days: readonly Query<PackRow>[];
}

const NONE: SegmentQueries = { dirty: [], minutes: [], hours: [], days: [] };

/** What a pack that is not JSON has in a slot is not known: it is told whole. */
const COLUMNS = `CASE WHEN p.slot IS NULL OR NOT json_valid(t.body) THEN NULL ELSE p.slot END AS slot,
  CASE WHEN p.slot IS NULL OR NOT json_valid(t.body) THEN t.body
    ELSE t.body ->> ('$."' || p.slot || '"') END AS body`;

const ROLLED = `(${valueOf("rolledHour")}, ${valueOf("rolledPack")})`;
const MADE = `(${valueOf("rolledDay")}, ${valueOf("rolledDayPack")})`;

/**
 * Hours from the roll-up's watermark on that have minutes of anybody, as `open (hour)`. They are few but
 * when the roll-up is behind: a skip scan finds them.
 */
const OPEN = `open (hour) AS (
    SELECT min(hour) FROM minute WHERE hour >= max(?, ${valueOf("rolledHour")})
    UNION ALL
    SELECT (SELECT min(hour) FROM minute WHERE hour > open.hour) FROM open WHERE open.hour < ?
  )`;

/** The first and the last hour of a plan. */
const hoursOf = ({ kept, to }: Plan): [number, number] => [hourOf(kept), hourOf(to - 1)];

/** Of each statement at most `most` rows (SQL). */
export function segmentsOf({ cte, params }: Packs, plan: Plan, most: string): SegmentQueries {
  if (plan.kept >= plan.to) return NONE;
  const rows = (sql: string, ...more: readonly (string | number)[]): Query<PackRow> =>
    query(`${cte}${sql} LIMIT ${most}`, ...params, ...more);
  if (plan.tier === "minute")
    return {
      ...NONE,
      // Minutes are keyed by hour first, so each (hour, pack) is a seek.
      minutes: [
        rows(
          ` SELECT p.pack, t.hour AS span, ${COLUMNS}
           FROM packs AS p CROSS JOIN json_each(?) AS h CROSS JOIN minute AS t
           WHERE t.hour = h.value AND t.pack = p.pack`,
          JSON.stringify(spans(plan)),
        ),
      ],
    };
  const [first, last] = hoursOf(plan);
  const marks = `, marks (pack, slot, hour) AS (
      SELECT d.pack, p.slot, d.hour FROM packs AS p CROSS JOIN dirty AS d
      WHERE d.pack = p.pack AND d.hour BETWEEN ? AND ?
    )`;
  return {
    dirty: [
      query(
        `${cte}${marks} SELECT p.pack, p.hour, coalesce(u.kept, 0) AS kept
         FROM marks AS p LEFT JOIN unreadable AS u ON u.pack = p.pack AND u.hour = p.hour
         LIMIT ${most}`,
        ...params,
        first,
        last,
      ),
    ],
    // No row is in both.
    minutes: [
      rows(
        `, ${OPEN} SELECT p.pack, t.hour AS span, ${COLUMNS}
         FROM open CROSS JOIN packs AS p CROSS JOIN minute AS t
         WHERE open.hour <= ? AND t.hour = open.hour AND t.pack = p.pack
           AND (open.hour, p.pack) >= ${ROLLED}`,
        first,
        last,
        last,
      ),
      rows(
        `${marks} SELECT p.pack, t.hour AS span, ${COLUMNS} FROM marks AS p CROSS JOIN minute AS t
         WHERE t.hour = p.hour AND t.pack = p.pack AND (p.hour, p.pack) < ${ROLLED}`,
        first,
        last,
      ),
    ],
    ...(plan.tier === "hour" ? ownHours(plan, rows) : daysAndHours(plan, marks, rows)),
  };
}

type Rows = (sql: string, ...more: readonly (string | number)[]) => Query<PackRow>;

const ownHours = ({ kept, to }: Plan, rows: Rows): Pick<SegmentQueries, "hours" | "days"> => ({
  hours: [
    rows(
      ` SELECT p.pack, t.day AS span, ${COLUMNS} FROM packs AS p CROSS JOIN hour AS t
       WHERE t.pack = p.pack AND t.day BETWEEN ? AND ?`,
      dayOf(kept),
      dayOf(to - 1),
    ),
  ],
  days: [],
});

/** Years, and the hours of days that are not made, or have a dirty hour. */
function daysAndHours(
  plan: Plan,
  marks: string,
  rows: Rows,
): Pick<SegmentQueries, "hours" | "days"> {
  const years = spans(plan);
  const [first, last] = hoursOf(plan);
  return {
    days: [
      rows(
        ` SELECT p.pack, t.year AS span, ${COLUMNS} FROM packs AS p CROSS JOIN day AS t
         WHERE t.pack = p.pack AND t.year BETWEEN ? AND ?`,
        years[0]!,
        years.at(-1)!,
      ),
    ],
    // No row is in both.
    hours: [
      rows(
        ` SELECT p.pack, t.day AS span, ${COLUMNS} FROM packs AS p CROSS JOIN hour AS t
         WHERE t.pack = p.pack AND t.day BETWEEN max(?, ${valueOf("rolledDay")}) AND ?
           AND (t.day, p.pack) >= ${MADE}`,
        dayOf(plan.kept),
        dayOf(plan.to - 1),
      ),
      rows(
        `${marks} SELECT p.pack, t.day AS span, ${COLUMNS}
         FROM (SELECT DISTINCT pack, slot, hour / 24 AS day FROM marks) AS p CROSS JOIN hour AS t
         WHERE t.pack = p.pack AND t.day = p.day AND (p.day, p.pack) < ${MADE}`,
        first,
        last,
      ),
    ],
  };
}

/** Hours in the plan that are not rolled up and have minutes, of anybody. */
export function openHours(plan: Plan, most: number): Query<{ readonly hour: number }>[] {
  if (plan.tier === "minute" || plan.kept >= plan.to) return [];
  const [first, last] = hoursOf(plan);
  return [
    query(
      `WITH RECURSIVE ${OPEN} SELECT hour FROM open WHERE hour <= ? LIMIT ${most}`,
      first,
      last,
      last,
    ),
  ];
}

export const packsGiven = (packs: readonly WantedPack[]): Packs => ({
  cte: `WITH RECURSIVE packs (pack, slot) AS (
      SELECT value ->> 0, value ->> 1 FROM json_each(?)
    )`,
  params: [JSON.stringify(packs.map(({ pack, slot }) => [pack, slot]))],
});

/** SQL: how many slots of `packs` are read. */
export const SLOTS = `sum(CASE WHEN slot IS NULL THEN ${SERIES_PER_PACK} ELSE 1 END)`;

/** Packs of the series of a table `ids (id, …)`; none when they are more than `most` slots. */
export const packsOfIds = ({ cte, params }: Packs, most: number): Packs => ({
  cte: `${cte}, every (pack, slot) AS (
      SELECT id / ${SERIES_PER_PACK}, CASE count(*) WHEN 1 THEN min(id) % ${SERIES_PER_PACK} END
      FROM ids GROUP BY id / ${SERIES_PER_PACK}
    ), packs (pack, slot) AS (
      SELECT pack, slot FROM every
      WHERE (SELECT ${SLOTS} FROM every) <= ${most}
    )`,
  params,
});
