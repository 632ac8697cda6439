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
import { mergeHeads } from "./heads.ts";
import { d1Unavailable, shardUnavailable } from "./unavailable.ts";

/** The names that begin with `prefix`, in order, each once. `matchers` are those on __name__. */
export async function namesOf(
  env: Env,
  prefix: string,
  matchers: readonly Matcher[],
  work: Work,
): Promise<Result<readonly string[], ReadError>> {
  const named = namedBy(matchers);
  const all = named === undefined ? await allNames(env, prefix) : ok(named);
  if (!all.ok) return all;
  const names = all.value.filter(
    (name) => name.startsWith(prefix) && work.matchesText(matchers, name),
  );
  if (work.over !== undefined) return err(work.over);
  if (names.length > LIMITS.metricsPerQuery)
    return err(tooMany("metricsPerQuery", LIMITS.metricsPerQuery, "metrics"));
  return ok(names.sort(compareNames));
}

/** The names that one of the matchers on __name__ leaves; undefined: all are to be looked through. */
export const namedBy = (matchers: readonly Matcher[]): readonly string[] | undefined =>
  matchers.find(({ op, texts }) => texts !== undefined && (op === "=" || op === "=~"))?.texts;

/** Shards are asked first: a name that reaches D1 in between is then found twice, never not at all. */
async function allNames(env: Env, prefix: string): Promise<Result<readonly string[], ReadError>> {
  const heads = await allHeads(env, prefix);
  if (!heads.ok) return heads;
  const stored = await askAllDatabases(env, (db) =>
    readNames(db, prefix, LIMITS.namesPerQuery + 1),
  );
  if (!stored.ok) return stored;
  const names = new Set([...heads.value.keys(), ...stored.value.flatMap((one) => one.names)]);
  return names.size > LIMITS.namesPerQuery ? err(tooManyNames()) : ok([...names]);
}

/** What shards know of all metrics whose names begin with `prefix`, by name. */
export async function allHeads(
  env: Env,
  prefix: string,
): Promise<Result<ReadonlyMap<string, MetricHead>, ReadError>> {
  const all = new Map<string, MetricHead>();
  try {
    const layouts = await layoutsInUse(env);
    for (const shard of firstShards(Math.max(...layouts))) {
      let after: string | undefined = "";
      while (after !== undefined) {
        const page: NamePage = { after, prefix, search: "", limit: LIMITS.metricsPerPage };
        const heads: MetricHead[] = await callShard(env, shard, (stub) => stub.metrics(page));
        for (const head of heads) {
          const other = all.get(head.name);
          all.set(head.name, other === undefined ? head : mergeHeads(other, head));
        }
        if (all.size > LIMITS.namesPerQuery) return err(tooManyNames());
        after = heads.length < page.limit ? undefined : heads.at(-1)?.name;
      }
    }
    return ok(all);
  } catch (error) {
    return err(
      error instanceof D1Failed ? d1Unavailable(FIRST_DATABASE, error) : shardUnavailable(error),
    );
  }
}

const tooManyNames = (): TooLarge =>
  tooMany("namesPerQuery", LIMITS.namesPerQuery, "names to look through");

const tooMany = (
  limit: "metricsPerQuery" | "namesPerQuery",
  value: number,
  what: string,
): TooLarge => ({ kind: "too_large", limit, value, what, ways: [{ way: "metrics", most: value }] });
