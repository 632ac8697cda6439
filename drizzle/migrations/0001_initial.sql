-- Minuet's D1 tables. What each column and stored byte means: drizzle/README.md.
CREATE TABLE series (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  metric TEXT NOT NULL,
  labels TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last REAL NOT NULL,
  UNIQUE (metric, labels)
) STRICT;

CREATE TABLE minute (
  hour INTEGER NOT NULL,
  series_id INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  part INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (hour, series_id, shard, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour (
  series_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (series_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE day (
  series_id INTEGER NOT NULL,
  year INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (series_id, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE dirty (
  day INTEGER NOT NULL,
  series_id INTEGER NOT NULL,
  PRIMARY KEY (day, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE unreadable (
  day INTEGER NOT NULL,
  series_id INTEGER NOT NULL,
  tried_at INTEGER NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  message TEXT NOT NULL,
  PRIMARY KEY (day, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE flushed (
  shard INTEGER PRIMARY KEY,
  page INTEGER NOT NULL
) STRICT;

CREATE TABLE layouts (
  shards INTEGER PRIMARY KEY,
  told INTEGER NOT NULL
) STRICT;

CREATE TABLE tombstone (
  series_id INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE progress (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
