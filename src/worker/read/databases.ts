// Asks all databases of the store at the same time. Each holds other points, also of the same series: so
// an answer is whole when all have answered; a list names those that have not.

import type { MissingDatabase } from "../../core/api.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { RowCount } from "../../d1/database.ts";
import { databasesOf } from "../../d1/databases.ts";
import type { Env } from "../env.ts";
import { countRead } from "../shards.ts";
import { d1Unavailable, silentDatabase } from "./unavailable.ts";

type Read<T extends { readonly counted: RowCount }> = (
  db: D1DatabaseSession,
  binding: D1Database,
) => Promise<T>;

/** What those that answer say; the others are named. @throws D1Failed when none answers */
export async function askDatabases<T extends { readonly counted: RowCount }>(
  env: Env,
  read: Read<T>,
): Promise<{ readonly answers: readonly T[]; readonly missing: readonly MissingDatabase[] }> {
  const databases = databasesOf(env);
  const asked = await Promise.allSettled(databases.map(({ db }) => read(db.withSession(), db)));
  const answers: T[] = [];
  const missing: MissingDatabase[] = [];
  for (const [i, answer] of asked.entries()) {
    if (answer.status === "rejected") {
      missing.push(silentDatabase(databases[i]!.name, answer.reason));
      continue;
    }
    countRead(answer.value.counted.read);
    answers.push(answer.value);
  }
  const [first] = asked;
  if (answers.length === 0 && first?.status === "rejected") throw first.reason;
  return { answers, missing };
}

/** What all of them say. */
export async function askAllDatabases<T extends { readonly counted: RowCount }>(
  env: Env,
  read: Read<T>,
): Promise<Result<readonly T[], ReadError>> {
  const answers = databasesOf(env).map(async ({ name, db }) => {
    try {
      return ok(await read(db.withSession(), db));
    } catch (error) {
      return err(d1Unavailable(name, error));
    }
  });
  const all: T[] = [];
  for (const answer of await Promise.all(answers)) {
    if (!answer.ok) return answer;
    countRead(answer.value.counted.read);
    all.push(answer.value);
  }
  return ok(all);
}
