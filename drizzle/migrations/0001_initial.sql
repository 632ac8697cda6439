-- Minuet's D1 tables. What each column and stored byte means: drizzle/README.md.
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  metric TEXT NOT NULL,
  labels TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last REAL NOT NULL,
  UNIQUE (metric, labels)
) STRICT;

CREATE TABLE metric (
  metric TEXT PRIMARY KEY,
  type TEXT,
  unit TEXT,
  help TEXT,
  said_at INTEGER NOT NULL,
  set_type TEXT,
  set_unit TEXT,
  set_help TEXT,
  set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE minute (
  hour INTEGER NOT NULL,
  pack INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  part INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (hour, pack, shard, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour (
  pack INTEGER NOT NULL,
  day INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (pack, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE day (
  pack INTEGER NOT NULL,
  year INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (pack, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE dirty (
  pack INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  PRIMARY KEY (pack, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE unreadable (
  pack INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  tried_at INTEGER NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  slots INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (pack, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE flushed (
  shard INTEGER PRIMARY KEY,
  page INTEGER NOT NULL,
  next_id INTEGER NOT NULL DEFAULT 0
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

CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  scope TEXT NOT NULL,
  prefix TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  used_at INTEGER
) STRICT;
