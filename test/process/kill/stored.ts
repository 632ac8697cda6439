// What the killed server left in the files of its databases.

import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { STEPS } from "./ledger.ts";

/** The files of D1, of a server that is down. */
async function databases(persistTo: string): Promise<string[]> {
  const folder = join(persistTo, "v3/d1");
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /[0-9a-f]{64}\.sqlite$/.test(name)).map((one) => join(folder, one));
}

/** As if a run of the retention had asked two hours ago for more than a day: all that follow delete. */
export async function agree(persistTo: string): Promise<void> {
  for (const file of await databases(persistTo)) {
    const db = new DatabaseSync(file);
    db.prepare("INSERT OR REPLACE INTO progress (name, value) VALUES ('clockAt', ?)").run(
      Date.now() - 2 * STEPS.hour,
    );
    db.close();
  }
}

export interface Stored {
  /** Minutes of UTC days before this one were deleted. */
  readonly goneDay: number;
  /** Packs of minutes of days before `day`. */
  readonly past: number;
  /** Packs of hours. */
  readonly rolledUp: number;
}

/** Of each database, from a copy: what is half written the server itself is to roll back. */
export async function storedIn(persistTo: string, day: number): Promise<Stored[]> {
  const copy = await mkdtemp(join(tmpdir(), "minuet-kill-copy-"));
  try {
    const found: Stored[] = [];
    for (const file of await databases(persistTo)) {
      for (const name of await readdir(dirname(file)))
        if (name.startsWith(basename(file))) await cp(join(dirname(file), name), join(copy, name));
      const db = new DatabaseSync(join(copy, basename(file)));
      const number = (sql: string, ...values: number[]): number =>
        Number(db.prepare(sql).get(...values)?.n ?? 0);
      found.push({
        goneDay: number("SELECT value AS n FROM progress WHERE name = 'goneDay'"),
        past: number("SELECT count(*) AS n FROM minute WHERE hour < ? * 24", day),
        rolledUp: number("SELECT count(*) AS n FROM hour"),
      });
      db.close();
    }
    return found;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
