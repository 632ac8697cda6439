// What removed series left behind: taken out of their packs inside D1. Rows of other packs are not
// touched, and a row of which nothing is left is deleted.

import { packOf, SERIES_PER_PACK, slotOf } from "../core/codec/pack.ts";
import * as LIMITS from "../core/limits.ts";
import { batch, type Database, type Query, query, type RowCount } from "./database.ts";
import { setProgress } from "./progress.ts";
import type { TombstoneRow } from "./rows.ts";

/** Ids of removed series of a few packs, whose segments are still there. */
export interface Buried {
  readonly ids: readonly number[];
  /** There are others. */
  readonly more: boolean;
}

/** @throws D1Failed */
export async function readTombstones(
  db: Database,
): Promise<Buried & { readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    tombstones: query<TombstoneRow>(
      `SELECT series_id FROM tombstone ORDER BY series_id LIMIT ${LIMITS.tombstonesPerRound}`,
    ),
  });
  const all = rows.tombstones.map((row) => row.series_id);
  const packs = [...new Set(all.map(packOf))];
  const ids = all.filter((id) => packs.indexOf(packOf(id)) < LIMITS.packsPerBurial);
  return {
    ids,
    more: ids.length < all.length || all.length === LIMITS.tombstonesPerRound,
    counted,
  };
}

/** Of each table, the columns of the key, and where rows of the packs are found. */
const TABLES = {
  minute: {
    key: "hour, pack, shard, part",
    // Minutes are keyed by hour first: a skip scan finds the hours, then each key is a seek.
    found: "FROM hours CROSS JOIN p CROSS JOIN minute AS t WHERE t.hour = hours.hour",
  },
  hour: { key: "pack, day", found: "FROM p CROSS JOIN hour AS t WHERE true" },
  day: { key: "pack, year", found: "FROM p CROSS JOIN day AS t WHERE true" },
} as const;

/**
 * ?1 is [pack, slots as texts] of each pack. A pack without a series (`dead`) has nothing that anybody
 * reads: what is inserted for a series that is yet to come comes together with it. Slots are found by
 * their text: a segment has no quotes.
 */
const PACKS = `WITH RECURSIVE p (pack, slots, dead) AS (
    SELECT value ->> 0, value -> 1, NOT EXISTS (SELECT 1 FROM series AS s
      WHERE s.id >= (value ->> 0) * ${SERIES_PER_PACK} AND s.id < ((value ->> 0) + 1) * ${SERIES_PER_PACK})
    FROM json_each(?1)
  ), hours (hour) AS (
    SELECT min(hour) FROM minute
    UNION ALL
    SELECT (SELECT min(hour) FROM minute WHERE hour > hours.hour) FROM hours WHERE hour IS NOT NULL
  )`;

const found = (table: keyof typeof TABLES, test: string): string => {
  const { key, found } = TABLES[table];
  const columns = key.replace(/\w+/g, "t.$&");
  return `SELECT ${columns}, p.slots ${found} AND t.pack = p.pack AND ${test}
    LIMIT ${LIMITS.rowsPerBurial}`;
};

const HOLDS = `EXISTS (SELECT 1 FROM json_each(p.slots) AS s
  WHERE instr(t.body, '"' || s.value || '":') > 0) AND json_valid(t.body)`;
const LEFT = `SELECT 1 FROM json_each(t.body) AS e
  WHERE e.key NOT IN (SELECT s.value FROM json_each(p.slots) AS s)`;

/** Deletes what has nothing else. A row that is no JSON (it is damaged) goes when its pack is dead. */
const emptied = (table: keyof typeof TABLES, packs: string): Query<never> =>
  query(
    `${PACKS}, found AS (
       ${found(table, `CASE WHEN p.dead THEN true WHEN ${HOLDS} THEN NOT EXISTS (${LEFT}) END`)})
     DELETE FROM ${table} WHERE (${TABLES[table].key}) IN (SELECT ${TABLES[table].key} FROM found)`,
    packs,
  );

/** Takes the slots out of what has others. */
const taken = (table: keyof typeof TABLES, packs: string): Query<never> =>
  query(
    `${PACKS}, found AS (${found(table, `CASE WHEN ${HOLDS} THEN true END`)})
     UPDATE ${table} SET body = (SELECT json_group_object(e.key, e.value)
       FROM json_each(${table}.body) AS e
       WHERE e.key NOT IN (SELECT s.value FROM json_each(found.slots) AS s))
     FROM found WHERE ${TABLES[table].key
       .split(", ")
       .map((column) => `${table}.${column} = found.${column}`)
       .join(" AND ")}`,
    packs,
  );

/**
 * Takes removed series out of some rows; done: of all, and their tombstones are gone. `token` is a
 * number that no other batch has: a roll-up that has read the segments must not write them back.
 * @throws D1Failed
 */
export async function deleteSegments(
  db: Database,
  ids: readonly number[],
  token: number,
): Promise<{ readonly done: boolean; readonly counted: RowCount }> {
  const slots = Map.groupBy(ids, packOf);
  const packs = JSON.stringify(
    [...slots].map(([pack, of]) => [pack, of.map((id) => String(slotOf(id)))]),
  );
  const unmark = (table: "dirty" | "unreadable"): Query<never> =>
    query(`${PACKS} DELETE FROM ${table} WHERE pack IN (SELECT pack FROM p WHERE dead)`, packs);
  const first = await batch(db, {
    claim: setProgress({ rollup: token }),
    minutesEmptied: emptied("minute", packs),
    minutes: taken("minute", packs),
    hoursEmptied: emptied("hour", packs),
    hours: taken("hour", packs),
    daysEmptied: emptied("day", packs),
    days: taken("day", packs),
    dirty: unmark("dirty"),
    unreadable: unmark("unreadable"),
  });
  const { claim: _claim, dirty: _dirty, unreadable: _unreadable, ...changes } = first.changes;
  if (Object.values(changes).some((rows) => rows >= LIMITS.rowsPerBurial))
    return { done: false, counted: first.counted };
  // Nothing of theirs can come any more: a removal moves the watermark that a flush is conditional on.
  const last = await batch(db, {
    tombstones: query(
      "DELETE FROM tombstone WHERE series_id IN (SELECT value FROM json_each(?))",
      JSON.stringify(ids),
    ),
  });
  return {
    done: true,
    counted: {
      read: first.counted.read + last.counted.read,
      written: first.counted.written + last.counted.written,
    },
  };
}
