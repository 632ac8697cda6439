// Whether a state folder can be served: room on its disk, and databases that can be read. What SQLite
// finds only deep inside a file is found when it is read.

import { existsSync } from "node:fs";
import { readdir, statfs } from "node:fs/promises";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Stop } from "../stop.ts";

/** Less than this, and a start would fill the disk by itself, bytes. */
const ROOM = 16 * 2 ** 20;

const elsewhere = "take another folder with `npm start -- --persist-to DIR`";

/** @throws Stop when the disk is full, or nearly. */
export async function checkRoom(folder: string, room = ROOM): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < room)
    throw new Stop(
      `The disk of ${folder} is full (${Math.floor(free / 2 ** 20)} MiB are free): make at least ${room / 2 ** 20} MiB free, or ${elsewhere}.`,
    );
}

/** Nobody else may have the folder open. @throws Stop with the file that is no database any more. */
export async function checkDatabases(folder: string): Promise<void> {
  for (const file of await databases(folder)) {
    const problem = problemOf(file);
    if (problem === undefined) continue;
    const name = relative(folder, file);
    throw new Stop(
      `The database ${name} in ${folder} is damaged (${problem}): put a copy of the folder back, or ${elsewhere}.`,
    );
  }
}

async function databases(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(".sqlite")).map((name) => join(folder, name));
}

/** What SQLite says of a file; undefined when it can be opened. */
function problemOf(file: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    // A kill within a write leaves a journal: SQLite rolls back before it reads, which reading alone may not.
    db = new DatabaseSync(file, { readOnly: !existsSync(`${file}-journal`) });
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    db?.close();
  }
}
