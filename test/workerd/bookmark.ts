// A database as it is now, all of it, to be put back later: what the platform's own restore does.

interface Table {
  readonly name: string;
  readonly rows: readonly Record<string, unknown>[];
}

/** Which ids SQLite gave, so that it gives none twice. */
const GIVEN = "sqlite_sequence";

/** Those of the migrations, and that one: not those that the platform keeps for itself. */
const TABLES = `SELECT name FROM sqlite_master
  WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;

async function tablesOf(db: D1Database): Promise<Table[]> {
  const { results } = await db.prepare(TABLES).all<{ name: string }>();
  return await Promise.all(
    results.map(async ({ name }) => ({
      name,
      rows: (await db.prepare(`SELECT * FROM ${name}`).all()).results,
    })),
  );
}

const put = (db: D1Database, { name, rows }: Table): D1PreparedStatement[] =>
  rows.map((row) => {
    const columns = Object.keys(row);
    const places = columns.map(() => "?").join();
    return db
      .prepare(`INSERT INTO ${name} (${columns.join()}) VALUES (${places})`)
      .bind(...Object.values(row));
  });

/** What the database holds now; calling puts it back, at once. */
export async function bookmark(db: D1Database): Promise<() => Promise<void>> {
  const tables = await tablesOf(db);
  const given = tables.filter(({ name }) => name === GIVEN);
  if (given.length === 0) throw new Error("ids that were given are not among the tables");
  const others = tables.filter(({ name }) => name !== GIVEN);
  return async () => {
    await db.batch([
      ...others.map(({ name }) => db.prepare(`DELETE FROM ${name}`)),
      ...others.flatMap((table) => put(db, table)),
      // Last: rows that are put back move it.
      db.prepare(`DELETE FROM ${GIVEN}`),
      ...given.flatMap((table) => put(db, table)),
    ]);
  };
}
