// The D1 tables as drizzle sees them: names and types for queries. The migrations are the truth
// (drizzle cannot say STRICT or WITHOUT ROWID); a test compares the two.

import { integer, primaryKey, real, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";

export const series = sqliteTable(
  "series",
  {
    /** Never given twice: what a removed series leaves behind must not become another's. */
    id: integer("id").primaryKey({ autoIncrement: true }),
    metric: text("metric").notNull(),
    /** Canonical labels JSON, sorted by name. */
    labels: text("labels").notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    last: real("last").notNull(),
  },
  (table) => [unique().on(table.metric, table.labels)],
);

/** Minute buckets of an hour. Append-only: the parts of an hour are merged when read. */
export const minute = sqliteTable(
  "minute",
  {
    /** Hours since 1970. */
    hour: integer("hour").notNull(),
    seriesId: integer("series_id").notNull(),
    shard: integer("shard").notNull(),
    /** The page whose flush wrote this part. */
    part: integer("part").notNull(),
    body: text("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.seriesId, table.shard, table.part] })],
);

/** Hour buckets of a UTC day. */
export const hour = sqliteTable(
  "hour",
  {
    seriesId: integer("series_id").notNull(),
    /** Days since 1970. */
    day: integer("day").notNull(),
    body: text("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.seriesId, table.day] })],
);

/** Day buckets of a UTC year. */
export const day = sqliteTable(
  "day",
  {
    seriesId: integer("series_id").notNull(),
    year: integer("year").notNull(),
    body: text("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.seriesId, table.year] })],
);

/** (day, series) pairs whose hour and day buckets are missing or out of date. */
export const dirty = sqliteTable(
  "dirty",
  { day: integer("day").notNull(), seriesId: integer("series_id").notNull() },
  (table) => [primaryKey({ columns: [table.day, table.seriesId] })],
);

/** Dirty (day, series) pairs that the roll-up passed over, since a segment could not be read. */
export const unreadable = sqliteTable(
  "unreadable",
  {
    day: integer("day").notNull(),
    seriesId: integer("series_id").notNull(),
    /** Unix ms; tried again an hour later. */
    triedAt: integer("tried_at").notNull(),
    /** 1: retention passed the day, and left the minutes of this pair, all of them. */
    kept: integer("kept").notNull().default(0),
    /** Which segment, and why. */
    message: text("message").notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.seriesId] })],
);

/** Watermarks: the last page of each shard whose content D1 holds. */
export const flushed = sqliteTable("flushed", {
  shard: integer("shard").primaryKey(),
  page: integer("page").notNull(),
});

/** Values of SHARDS under which shards may hold points: one, but for the minute after a change. */
export const layouts = sqliteTable("layouts", {
  shards: integer("shards").primaryKey(),
  /** How often D1 was told of it: who deletes the row deletes no later one. */
  told: integer("told").notNull(),
});

/** Removed series whose segments the cron has yet to delete. */
export const tombstones = sqliteTable("tombstone", { seriesId: integer("series_id").primaryKey() });

/** The cron's progress, by name: see drizzle/README.md. */
export const progress = sqliteTable("progress", {
  name: text("name").primaryKey(),
  value: integer("value").notNull(),
});
