// Which metrics matchers on __name__ ask for: those that they name, or else the names of D1 and of the
// shards, looked through. It must not read labels or points.

import { FIRST_DATABASE } from "../../core/databases.ts";
import * as LIMITS from "../../core/limits.ts";
import type { Matcher, Work } from "../../core/query/matcher.ts";
import type { ReadError, TooLarge } from "../../core/query/read-error.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { compareNames, type NamePage } from "../../core/series/names.ts";
import { readNames } from "../../d1/catalogue.ts";
import { D1Failed } from "../../d1/database.ts";
import type { MetricHead } from "../../durable/metrics.ts";
import type { Env } from "../env.ts";
import { callShard, firstShards, layoutsInUse } from "../shards.ts";
import { askAllDatabases } from "./databases.ts";
import { d1Unavailable, shardUnavailable } from "./unavailable.ts";

/** The names that begin with `prefix`, in order, each once. `matchers` are those on __name__. */
export async function namesOf(
  env: Env,
  prefix: string,
  matchers: readonly Matcher[],
  work: Work,
): Promise<Result<readonly string[], ReadError>> {
  const named = matchers.find(
    ({ op, texts }) => texts !== undefined && (op === "=" || op === "=~"),
  );
  const all = named?.texts === undefined ? await allNames(env, prefix) : ok(named.texts);
  if (!all.ok) return all;
  const names = all.value.filter(
    (name) => name.startsWith(prefix) && work.matchesText(matchers, name),
  );
  if (work.over !== undefined) return err(work.over);
  if (names.length > LIMITS.metricsPerQuery)
    return err(tooMany("metricsPerQuery", LIMITS.metricsPerQuery, "metrics"));
  return ok(names.sort(compareNames));
}

/** Shards are asked first: a name that reaches D1 in between is then found twice, never not at all. */
async function allNames(env: Env, prefix: string): Promise<Result<readonly string[], ReadError>> {
  const names = new Set<string>();
  const full = (): boolean => names.size > LIMITS.namesPerQuery;
  try {
    const layouts = await layoutsInUse(env);
    for (const shard of firstShards(Math.max(...layouts))) {
      let after: string | undefined = "";
      while (after !== undefined && !full()) {
        const page: NamePage = { after, prefix, search: "", limit: LIMITS.metricsPerPage };
        const heads: MetricHead[] = await callShard(env, shard, (stub) => stub.metrics(page));
        for (const { name } of heads) names.add(name);
        after = heads.length < page.limit ? undefined : heads.at(-1)?.name;
      }
    }
  } catch (error) {
    return err(
      error instanceof D1Failed ? d1Unavailable(FIRST_DATABASE, error) : shardUnavailable(error),
    );
  }
  const stored = await askAllDatabases(env, (db) =>
    readNames(db, prefix, LIMITS.namesPerQuery + 1),
  );
  if (!stored.ok) return stored;
  for (const name of stored.value.flatMap((one) => one.names)) names.add(name);
  if (full()) return err(tooMany("namesPerQuery", LIMITS.namesPerQuery, "names to look through"));
  return ok([...names]);
}

const tooMany = (
  limit: "metricsPerQuery" | "namesPerQuery",
  value: number,
  what: string,
): TooLarge => ({ kind: "too_large", limit, value, what, ways: [{ way: "metrics", most: value }] });
