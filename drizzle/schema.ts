// The D1 tables as drizzle sees them: names and types for queries. The migrations are the truth
// (drizzle cannot say STRICT or WITHOUT ROWID); a test compares the two.

import { SHAPES } from "../src/core/alerts/rule.ts";
import { SCOPES } from "../src/core/caller.ts";
import { METRIC_TYPES } from "../src/core/metric-type.ts";
import { integer, primaryKey, real, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";

export const series = sqliteTable(
  "series",
  {
    /**
     * Given by the shard that first flushes the series, neighbours to neighbours. Never given twice:
     * what a removed series leaves behind must not become another's.
     */
    id: integer("id").primaryKey(),
    metric: text("metric").notNull(),
    /** Canonical labels JSON, sorted by name. */
    labels: text("labels").notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    last: real("last").notNull(),
  },
  (table) => [unique().on(table.metric, table.labels)],
);

/** What is known of metrics besides their series; no row: nothing. */
export const metrics = sqliteTable("metric", {
  metric: text("metric").primaryKey(),
  /** What senders say: counter, gauge, histogram, summary or unknown. */
  type: text("type", { enum: METRIC_TYPES }),
  unit: text("unit"),
  help: text("help"),
  /** Unix ms: when that last changed; 0: never. */
  saidAt: integer("said_at").notNull(),
  /** The same set by hand, which wins. */
  setType: text("set_type", { enum: METRIC_TYPES }),
  setUnit: text("set_unit"),
  setHelp: text("set_help"),
  /** Unix ms; 0: never. All null at a later time: what was set has been taken back. */
  setAt: integer("set_at").notNull(),
});

/**
 * Minute segments of an hour, a pack a row: a JSON object, slot → segment. Append-only: the parts of
 * an hour are merged when read.
 */
export const minute = sqliteTable(
  "minute",
  {
    /** Hours since 1970. */
    hour: integer("hour").notNull(),
    /** `packOf` of the ids of its series. */
    pack: integer("pack").notNull(),
    shard: integer("shard").notNull(),
    /** The page whose flush wrote this part. */
    part: integer("part").notNull(),
    body: text("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.pack, table.shard, table.part] })],
);

/** Hour segments of a UTC day, a pack a row. */
export const hour = sqliteTable(
  "hour",
  {
    pack: integer("pack").notNull(),
    /** Days since 1970. */
    day: integer("day").notNull(),
    body: text("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.pack, table.day] })],
);

/** Day segments of a UTC year, a pack a row. */
export const day = sqliteTable(
  "day",
  {
    pack: integer("pack").notNull(),
    year: integer("year").notNull(),
    body: text("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.pack, table.year] })],
);

/** (pack, hour) pairs that were rolled up, and whose minutes have changed since. */
export const dirty = sqliteTable(
  "dirty",
  { pack: integer("pack").notNull(), hour: integer("hour").notNull() },
  (table) => [primaryKey({ columns: [table.pack, table.hour] })],
);

/** Dirty (pack, hour) pairs that the roll-up passed over, since a segment could not be read. */
export const unreadable = sqliteTable(
  "unreadable",
  {
    pack: integer("pack").notNull(),
    hour: integer("hour").notNull(),
    /** Unix ms; tried again an hour later. */
    triedAt: integer("tried_at").notNull(),
    /** 1: retention passed the hour, and left the minutes of this pair, all of them. */
    kept: integer("kept").notNull().default(0),
    /** Bit s is set: a segment of slot s cannot be read. All 16: the pack as a whole. */
    slots: integer("slots").notNull(),
    /** Which segment, and why. */
    message: text("message").notNull(),
  },
  (table) => [primaryKey({ columns: [table.pack, table.hour] })],
);

/** Watermarks: the last page of each shard whose content D1 holds. */
export const flushed = sqliteTable("flushed", {
  shard: integer("shard").primaryKey(),
  page: integer("page").notNull(),
  /** The id of the shard's next new series while its last pack has room; else a multiple of 16. */
  nextId: integer("next_id").notNull().default(0),
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

/** Named tokens, in the first database: who may do what besides the administrator. */
export const tokens = sqliteTable("token", {
  /** Never given twice: what names a revoked token must not come to name another. */
  id: integer("id").primaryKey({ autoIncrement: true }),
  name: text("name").notNull(),
  /** SHA-256 of the token, hexadecimal; the token itself is kept nowhere. */
  hash: text("hash").notNull(),
  scope: text("scope", { enum: SCOPES }).notNull(),
  /** Of names of metrics that it may read or write; "": all. */
  prefix: text("prefix").notNull(),
  /** Unix ms, as all times here. */
  createdAt: integer("created_at").notNull(),
  /** Null: never. */
  expiresAt: integer("expires_at"),
  /** The latest use, give or take an hour. */
  usedAt: integer("used_at"),
});

/** Saved views, in the first database. */
export const views = sqliteTable("view", {
  /** Chosen by who saves it. */
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  note: text("note").notNull(),
  /** What stands behind the question mark of the page's address. */
  search: text("search").notNull(),
  /** Unix ms, as all times here. */
  createdAt: integer("created_at").notNull(),
  /** Never the same twice: it tells one version of a view from another. */
  updatedAt: integer("updated_at").notNull(),
  /** Since when it is no more, until it is brought back or forgotten; null: it is there. */
  deletedAt: integer("deleted_at"),
});

/** Links to saved views: who has the secret of one reads what its view shows, and nothing else. */
export const links = sqliteTable("link", {
  /** SHA-256 of the secret, hexadecimal; the secret itself is kept nowhere. */
  hash: text("hash").primaryKey(),
  /** The id of the view. */
  view: text("view").notNull(),
  createdAt: integer("created_at").notNull(),
});

/** What happened beside the metrics, in the first database. */
export const events = sqliteTable(
  "event",
  {
    /** When, Unix ms. */
    at: integer("at").notNull(),
    /** Tells it from others of the same millisecond. */
    id: text("id").notNull(),
    text: text("text").notNull(),
    /** A JSON array of texts. */
    tags: text("tags").notNull(),
  },
  (table) => [primaryKey({ columns: [table.at, table.id] })],
);

/** Rules of alerts with their states, in the first database. */
export const alertRules = sqliteTable("alert_rule", {
  /** Never given twice. */
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** JSON: see core/alerts/rule.ts. */
  rule: text("rule").notNull(),
  /** Of the webhook; "": nobody is told. */
  url: text("url").notNull(),
  shape: text("shape", { enum: SHAPES }).notNull(),
  /** By which notices are signed; it is said once, when the rule is made. */
  secret: text("secret").notNull(),
  /** Address of the page, for links in notices. */
  page: text("page").notNull(),
  /** Unix ms until which nobody is told; 0: it is not silenced. */
  silencedUntil: integer("silenced_until").notNull(),
  createdAt: integer("created_at").notNull(),
  /** JSON: see core/alerts/machine.ts. */
  state: text("state").notNull(),
  /** One more with each change: who writes says which it has read. */
  turn: integer("turn").notNull(),
});
