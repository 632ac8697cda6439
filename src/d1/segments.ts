// The statements that read packs of a tier, and of the finer ones what is not rolled up into it. They may
// give more than a read needs, never less: what counts is decided by core/query/plan.ts.

import { SERIES_PER_PACK } from "../core/codec/pack.ts";
import { type Plan, spans } from "../core/query/plan.ts";
import type { WantedPack } from "../core/query/slices.ts";
import { dayOf, hourOf, type TierName } from "../core/tiers.ts";
import { type Query, query } from "./database.ts";
import type { Known } from "./pack-cache.ts";
import { valueOf } from "./progress.ts";
import { TOKEN } from "./rollup.ts";
import type { PackRow } from "./rows.ts";

/** SQL of common tables, the last of which is `packs (pack, slot)`: see WantedPack. */
export interface Packs {
  readonly cte: string;
  readonly params: readonly (string | number)[];
}

/** What a row of a read is of: a table of packs, or what is to be known beside them. */
export type Part = "series" | "open" | "dirty" | "minute" | "hour" | "day";

/**
 * A row of any part, in the columns of a pack's. `series`: id, position in the metrics, null, labels;
 * `open`: null, hour; `dirty`: pack, hour, null, whether retention passed it and left its minutes.
 */
export interface PartRow extends PackRow {
  readonly part: Part;
}

/**
 * SQL of the token of a tier's table, a text: it is another whenever rows that somebody may ask for were written or
 * taken away, and stays another if the database is restored to before. Hours and days are written under the
 * roll-up's token, which is random. Minutes are only added, by a shard or an import that moves its watermark, which
 * grows with the clock; and taken away under the roll-up's token. One thing is not told apart: a flush that landed, of
 * which the shard had no answer before the database was restored, may come again with the same watermark and other ids.
 */
const tokenOf = (tier: TierName): string => (tier === "minute" ? STATE : `${TOKEN} || ''`);

const WATERMARKS =
  "SELECT coalesce(group_concat(shard || ':' || page), '') FROM (SELECT shard, page FROM flushed ORDER BY shard)";

/** SQL of the State of a database: the token of hours and days, then the watermarks of all shards. */
export const STATE = `${TOKEN} || ' ' || (${WATERMARKS})`;

/** A SELECT of rows of a part, in the order of the columns of PartRow. */
interface Branch {
  readonly sql: string;
  readonly params: readonly (string | number)[];
}

/** At most `most` rows (SQL). */
const branch = (most: string, sql: string, ...params: readonly (string | number)[]): Branch => ({
  sql: `${sql} LIMIT ${most}`,
  params,
});

/**
 * All that a read wants as one statement, so that what the parts share is looked up once, and billed
 * once. D1 takes five SELECTs in a row: so they are joined two by two.
 */
function oneOf(tables: Packs, branches: readonly Branch[]): Query<PartRow> {
  const each = branches.map(({ sql }) => `SELECT * FROM (${sql})`);
  const pairs = each.flatMap((sql, i) =>
    i % 2 === 0 ? [[sql, ...each.slice(i + 1, i + 2)].join(" UNION ALL ")] : [],
  );
  return query(
    `${tables.cte} ${pairs.map((sql) => `SELECT * FROM (${sql})`).join(" UNION ALL ")}`,
    ...tables.params,
    ...branches.flatMap(({ params }) => params),
  );
}

/** What a pack that is not JSON has in a slot is not known: it is told whole. Why without marks: see `decodeBarePack`. */
const COLUMNS = `CASE WHEN p.slot IS NULL OR NOT json_valid(t.body) THEN NULL ELSE p.slot END AS slot,
  CASE WHEN p.slot IS NULL OR NOT json_valid(t.body) THEN replace(t.body, '"', '')
    ELSE t.body ->> ('$."' || p.slot || '"') END AS body`;

const ROLLED = `(${valueOf("rolledHour")}, ${valueOf("rolledPack")})`;
const MADE = `(${valueOf("rolledDay")}, ${valueOf("rolledDayPack")})`;

/**
 * Hours from the roll-up's watermark on that have minutes of anybody, as `open (hour)`. They are few but
 * when the roll-up is behind: a skip scan finds them.
 */
const OPEN = `open (hour) AS MATERIALIZED (
    SELECT min(hour) FROM minute WHERE hour >= max(?, ${valueOf("rolledHour")})
    UNION ALL
    SELECT (SELECT min(hour) FROM minute WHERE hour > open.hour) FROM open WHERE open.hour < ?
  )`;

/** The first and the last hour of a plan. */
const hoursOf = ({ kept, to }: Plan): [number, number] => [hourOf(kept), hourOf(to - 1)];

/** A table of packs and the SELECTs that read it. */
interface Read {
  readonly tables: Packs;
  readonly branches: readonly Branch[];
}

/**
 * What is read of some packs, of each part at most `most` rows (SQL); of the tier's own table not what is known, if
 * it still holds.
 */
export function readPacks(packs: Packs, plan: Plan, most: string, known?: Known): Query<PartRow>[] {
  const { tables, branches } = segmentsOf(packs, plan, most, known);
  return branches.length === 0 ? [] : [oneOf(tables, branches)];
}

export interface SeriesMost {
  /** Buckets of all slots, so many of each, or of those that are known: none is read when they are more. */
  readonly buckets: number;
  readonly ofSlot: number;
  readonly ofKnownSlot: number;
  /** Series, and hours that are not rolled up, of which one is told. */
  readonly series: number;
  readonly open: number;
  /** As in `readPacks`. */
  readonly rows: string;
}

/**
 * The series of a table `ids (id, metric, labels)`, what is read of them as in `readPacks`, and the hours of the plan
 * that are open.
 */
export function readIds(
  ids: Packs,
  plan: Plan,
  most: SeriesMost,
  known: Known | undefined,
): Query<PartRow> {
  const { tables, branches } = segmentsOf(
    packsOfIds(ids, most, plan.tier, known),
    plan,
    most.rows,
    known,
  );
  return oneOf(tables, [
    branch(
      String(most.series),
      "SELECT 'series' AS part, id AS pack, metric AS span, NULL AS slot, labels AS body FROM ids",
    ),
    ...(plan.tier === "minute" || plan.kept >= plan.to
      ? []
      : [
          branch(
            String(most.open),
            `SELECT 'open' AS part, NULL AS pack, hour AS span, NULL AS slot, NULL AS body
             FROM open WHERE hour <= ?`,
            hoursOf(plan)[1],
          ),
        ]),
    ...branches,
  ]);
}

function segmentsOf(packs: Packs, plan: Plan, most: string, known: Known | undefined): Read {
  if (plan.kept >= plan.to) return { tables: packs, branches: [] };
  const rows: RowsOf = (part, from, ...params) =>
    branch(
      most,
      `SELECT '${part}' AS part, p.pack, t.${SPANS[part]} AS span, ${COLUMNS} ${from}`,
      ...params,
    );
  /** Packs of which the tier's own table is read. */
  const own = known === undefined ? "packs" : "unknown";
  // Minutes are keyed by hour first, so each (hour, pack) is a seek.
  if (plan.tier === "minute")
    return {
      tables: { ...packs, cte: `${packs.cte}${known === undefined ? "" : UNKNOWN}` },
      branches: [
        rows(
          "minute",
          `FROM ${own} AS p CROSS JOIN json_each(?) AS h CROSS JOIN minute AS t
           WHERE t.hour = h.value AND t.pack = p.pack`,
          JSON.stringify(spans(plan)),
        ),
      ],
    };
  const [first, last] = hoursOf(plan);
  const tables: Packs = {
    cte: `${packs.cte}${known === undefined ? "" : UNKNOWN}, marks (pack, slot, hour) AS MATERIALIZED (
        SELECT d.pack, p.slot, d.hour FROM packs AS p CROSS JOIN dirty AS d
        WHERE d.pack = p.pack AND d.hour BETWEEN ? AND ?
      ), ${OPEN}`,
    params: [...packs.params, first, last, first, last],
  };
  return {
    tables,
    branches: [
      branch(
        most,
        `SELECT 'dirty' AS part, p.pack, p.hour AS span, NULL AS slot, coalesce(u.kept, 0) AS body
         FROM marks AS p LEFT JOIN unreadable AS u ON u.pack = p.pack AND u.hour = p.hour`,
      ),
      // No row is in both.
      rows(
        "minute",
        `FROM open CROSS JOIN packs AS p CROSS JOIN minute AS t
         WHERE open.hour <= ? AND t.hour = open.hour AND t.pack = p.pack
           AND (open.hour, p.pack) >= ${ROLLED}`,
        last,
      ),
      rows(
        "minute",
        `FROM marks AS p CROSS JOIN minute AS t
         WHERE t.hour = p.hour AND t.pack = p.pack AND (p.hour, p.pack) < ${ROLLED}`,
      ),
      ...(plan.tier === "hour" ? ownHours(plan, own, rows) : daysAndHours(plan, own, rows)),
    ],
  };
}

const SPANS = { minute: "hour", hour: "day", day: "year" } as const;

/** Rows of a table `t` of packs, by packs `p`. */
type RowsOf = (
  part: keyof typeof SPANS,
  from: string,
  ...params: readonly (string | number)[]
) => Branch;

/** Those that are known, if they still are so, as a table `known (pack, slot)`. */
const knownTable = ({ packs, token }: Known, tier: TierName): Packs => ({
  cte: `known (pack, slot) AS MATERIALIZED (
      SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE ${tokenOf(tier)} = ?
    )`,
  params: [JSON.stringify(packs.map(({ pack, slot }) => [pack, slot])), token],
});

const ownHours = ({ kept, to }: Plan, packs: string, rows: RowsOf): readonly Branch[] => [
  rows(
    "hour",
    `FROM ${packs} AS p CROSS JOIN hour AS t WHERE t.pack = p.pack AND t.day BETWEEN ? AND ?`,
    dayOf(kept),
    dayOf(to - 1),
  ),
];

/** Years, and the hours of days that are not made, or have a dirty hour. */
function daysAndHours(plan: Plan, packs: string, rows: RowsOf): readonly Branch[] {
  const years = spans(plan);
  return [
    rows(
      "day",
      `FROM ${packs} AS p CROSS JOIN day AS t WHERE t.pack = p.pack AND t.year BETWEEN ? AND ?`,
      years[0]!,
      years.at(-1)!,
    ),
    // No row is in both.
    rows(
      "hour",
      `FROM packs AS p CROSS JOIN hour AS t
       WHERE t.pack = p.pack AND t.day BETWEEN max(?, ${valueOf("rolledDay")}) AND ?
         AND (t.day, p.pack) >= ${MADE}`,
      dayOf(plan.kept),
      dayOf(plan.to - 1),
    ),
    rows(
      "hour",
      `FROM (SELECT DISTINCT pack, slot, hour / 24 AS day FROM marks) AS p CROSS JOIN hour AS t
       WHERE t.pack = p.pack AND t.day = p.day AND (p.day, p.pack) < ${MADE}`,
    ),
  ];
}

const UNKNOWN = `, unknown (pack, slot) AS MATERIALIZED (
    SELECT pack, slot FROM packs EXCEPT SELECT pack, slot FROM known
  )`;

export function packsGiven(
  packs: readonly WantedPack[],
  tier: TierName,
  known: Known | undefined,
): Packs {
  const held = known && knownTable(known, tier);
  return {
    cte: `WITH RECURSIVE ${held === undefined ? "" : `${held.cte}, `}packs (pack, slot) AS MATERIALIZED (
      SELECT value ->> 0, value ->> 1 FROM json_each(?)
    )`,
    params: [...(held?.params ?? []), JSON.stringify(packs.map(({ pack, slot }) => [pack, slot]))],
  };
}

/** SQL: how many slots a row of `packs` is. */
const SLOTS_OF = `CASE WHEN slot IS NULL THEN ${SERIES_PER_PACK} ELSE 1 END`;

/** SQL: how many slots of `packs` are read. */
export const SLOTS = `sum(${SLOTS_OF})`;

/** Packs of the series of a table `ids (id, …)`; none when they are too many. */
function packsOfIds(
  { cte, params }: Packs,
  { buckets, ofSlot, ofKnownSlot }: SeriesMost,
  tier: TierName,
  known: Known | undefined,
): Packs {
  const held = known && knownTable(known, tier);
  const each =
    held === undefined
      ? String(ofSlot)
      : `CASE WHEN EXISTS (SELECT 1 FROM known AS k WHERE k.pack = every.pack AND k.slot IS every.slot)
           THEN ${ofKnownSlot} ELSE ${ofSlot} END`;
  return {
    cte: `${cte}${held === undefined ? "" : `, ${held.cte}`}, every (pack, slot) AS MATERIALIZED (
      SELECT id / ${SERIES_PER_PACK}, CASE count(*) WHEN 1 THEN min(id) % ${SERIES_PER_PACK} END
      FROM ids GROUP BY id / ${SERIES_PER_PACK}
    ), packs (pack, slot) AS MATERIALIZED (
      SELECT pack, slot FROM every
      WHERE (SELECT sum((${SLOTS_OF}) * (${each})) FROM every) <= ${buckets}
    )`,
    params: [...params, ...(held?.params ?? [])],
  };
}
