// The shard's rows: what is written where in its SQLite. Rows are reused, since a delete is billed
// like a write. It must not know what the bytes mean.

export interface JournalRow {
  readonly seq: number;
  readonly body: Uint8Array;
}

/** The version of the tables; drizzle/README.md says what their bytes mean. */
const VERSION = 1;
const TABLES = `
  CREATE TABLE version (id INTEGER PRIMARY KEY, version INTEGER NOT NULL) STRICT;
  INSERT INTO version (id, version) VALUES (1, ${VERSION});
  CREATE TABLE journal (slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE blob (slot INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
  CREATE TABLE layout (id INTEGER PRIMARY KEY, shards TEXT NOT NULL) STRICT;
  CREATE TABLE others (
    id INTEGER PRIMARY KEY, shards INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
  CREATE TABLE state (id INTEGER PRIMARY KEY, manifest TEXT NOT NULL, seen BLOB NOT NULL) STRICT;
`;

export class Store {
  readonly #sql: SqlStorage;
  /** Whether anything was ever written. */
  #exists: boolean;
  /** Rows written since this object was loaded, as the platform counts them. */
  rowsWritten = 0;

  /** @throws when the tables are of a version that this code does not know. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#exists =
      sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'version'").toArray().length > 0;
    if (!this.#exists) return;
    const { version } = sql.exec<{ version: number }>("SELECT version FROM version").one();
    if (version !== VERSION) throw new Error(`shard tables of version ${version} are not known`);
  }

  get exists(): boolean {
    return this.#exists;
  }

  /** The last checkpoint; undefined before the first. */
  state(): { readonly manifest: string; readonly seen: Uint8Array } | undefined {
    if (!this.#exists) return undefined;
    const [row] = this.#sql
      .exec<{ manifest: string; seen: ArrayBuffer }>("SELECT manifest, seen FROM state")
      .toArray();
    return row && { manifest: row.manifest, seen: new Uint8Array(row.seen) };
  }

  writeState(manifest: string, seen: Uint8Array): void {
    this.#write(
      `INSERT INTO state (id, manifest, seen) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET manifest = excluded.manifest, seen = excluded.seen`,
      manifest,
      seen,
    );
  }

  /** The values of SHARDS that D1 knows this shard to store points under; none at first. */
  layouts(): readonly number[] {
    if (!this.#exists) return [];
    const [row] = this.#sql.exec<{ shards: string }>("SELECT shards FROM layout").toArray();
    return row === undefined ? [] : (JSON.parse(row.shards) as number[]);
  }

  writeLayouts(shards: readonly number[]): void {
    this.#write(
      `INSERT INTO layout (id, shards) VALUES (1, ?)
       ON CONFLICT (id) DO UPDATE SET shards = excluded.shards`,
      JSON.stringify(shards),
    );
  }

  /** What was known under SHARDS = `shards` of the minutes that others hold; see others.ts. */
  others(): { readonly shards: number; readonly until: number } | undefined {
    if (!this.#exists) return undefined;
    return this.#sql
      .exec<{ shards: number; until: number }>("SELECT shards, until FROM others")
      .toArray()[0];
  }

  writeOthers(known: { readonly shards: number; readonly until: number }): void {
    this.#write(
      `INSERT INTO others (id, shards, until) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET shards = excluded.shards, until = excluded.until`,
      known.shards,
      known.until,
    );
  }

  forgetOthers(): void {
    if (this.#exists) this.#write("DELETE FROM others");
  }

  /** Journal rows after `seq`, oldest first. */
  *journalAfter(seq: number): Generator<JournalRow> {
    if (!this.#exists) return;
    const rows = this.#sql.exec<{ seq: number; body: ArrayBuffer }>(
      "SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq",
      seq,
    );
    for (const row of rows) yield { seq: row.seq, body: new Uint8Array(row.body) };
  }

  writeJournal(slot: number, row: JournalRow): void {
    this.#write(
      `INSERT INTO journal (slot, seq, body) VALUES (?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET seq = excluded.seq, body = excluded.body`,
      slot,
      row.seq,
      row.body,
    );
  }

  blob(slot: number): Uint8Array {
    const row = this.#sql
      .exec<{ body: ArrayBuffer }>("SELECT body FROM blob WHERE slot = ?", slot)
      .one();
    return new Uint8Array(row.body);
  }

  /** Bytes [from, to) of a blob, or as many of them as it has. */
  blobPart(slot: number, from: number, to: number): Uint8Array {
    const row = this.#sql
      .exec<{ part: ArrayBuffer }>(
        "SELECT substr(body, ?, ?) AS part FROM blob WHERE slot = ?",
        from + 1,
        to - from,
        slot,
      )
      .one();
    return new Uint8Array(row.part);
  }

  writeBlob(slot: number, body: Uint8Array): void {
    this.#write(
      `INSERT INTO blob (slot, body) VALUES (?, ?)
       ON CONFLICT (slot) DO UPDATE SET body = excluded.body`,
      slot,
      body,
    );
  }

  #write(sql: string, ...params: unknown[]): void {
    if (!this.#exists) {
      this.#sql.exec(TABLES);
      this.#exists = true;
    }
    this.rowsWritten += this.#sql.exec(sql, ...params).rowsWritten;
  }
}
