// The answer about a metric that is not there: the names that look most like it. Whoever asks for
// unknown metrics in a loop must not read the whole catalogue each time, so its names are kept for a
// moment. Nothing but the hint comes from what is kept.

import { distance } from "fastest-levenshtein";
import type { MissingDatabase, MissingShard } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { readNames } from "../../d1/catalogue.ts";
import type { Env } from "../env.ts";
import { fail } from "../http/failure.ts";
import { firstShards, layoutsInUse } from "../shards.ts";
import { Turns, type TurnSize } from "../turns.ts";
import { askDatabases } from "./databases.ts";
import { metricHeads } from "./heads.ts";

interface Names {
  /** When they were read, Unix ms. */
  readonly at: number;
  readonly names: readonly string[];
  readonly missing: readonly (MissingShard | MissingDatabase)[];
}

/** By the prefix of who asked: names beyond those that are compared may begin so. */
const kept = new WeakMap<Env, Map<string, Names>>();
/** Prefixes whose names are kept. */
const PREFIXES = 4;

/** @throws Failed: no such metric, with the three names like it of those that begin with `prefix`. */
export async function failUnknown(env: Env, prefix: string, name: string): Promise<never> {
  const { names, missing } = await namesOf(env, prefix);
  if (!mayCompare(names.length))
    return fail({
      kind: "unknown_metric",
      message: `no metric "${name}". So many names that are not there were asked for in this second that the nearest were not looked for: GET /api/v1/metrics lists those that there are`,
      nearest: [],
    });
  const nearest = await nearestTo(name, names);
  const quoted = nearest.map((other) => `"${other}"`).join(", ");
  const hint =
    nearest.length === 0
      ? `There is none yet${prefix === "" ? "" : ` that begins with "${prefix}"`}`
      : `Nearest: ${quoted}`;
  const without = missing.map(
    (part) =>
      `. ${"shard" in part ? `Shard ${part.shard}` : `The database ${part.database}`} did not answer and may know nearer ones`,
  );
  return fail({
    kind: "unknown_metric",
    message: `no metric "${name}". ${hint}${without.join("")}`,
    nearest,
  });
}

/** Names that were compared in this isolate, since when, ms. */
const compared = { count: 0, since: 0 };

/** Whether so many names more may be compared in this second: who asks in a loop has a plain answer. */
function mayCompare(names: number): boolean {
  const now = performance.now();
  if (Math.abs(now - compared.since) >= 1_000) Object.assign(compared, { count: 0, since: now });
  if (compared.count + names > LIMITS.namesComparedPerSec) return false;
  compared.count += names;
  return true;
}

/** How many names are told. */
const NEAREST = 3;

/** Names that are compared in a turn. */
const TURN: TurnSize = { long: 1_024, short: 48 };

/**
 * The nearest first; of two that are as near the first by name. Many names in turns: who asks for unknown metrics
 * in a loop keeps nobody else waiting.
 */
export async function nearestTo(
  name: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const wanted = name.toLowerCase();
  const found: { readonly other: string; readonly far: number }[] = [];
  const turns = new Turns(TURN);
  if (names.length > TURN.long) await turns.next();
  for (const other of names) {
    if (turns.isOver(1)) await turns.next();
    const most = found.length < NEAREST ? Infinity : found[NEAREST - 1]!.far;
    // Each character more is a step.
    if (Math.abs(other.length - name.length) > most) continue;
    if (other === name) continue;
    const far = distance(wanted, other.toLowerCase());
    if (far > most) continue;
    const isNearer = (one: (typeof found)[number]): boolean =>
      far < one.far || (far === one.far && other < one.other);
    const at = found.findIndex(isNearer);
    found.splice(at < 0 ? found.length : at, 0, { other, far });
    found.length = Math.min(found.length, NEAREST);
  }
  turns.rest();
  return found.map(({ other }) => other);
}

/** Names of metrics that begin with `prefix`, at most `LIMITS.namesCompared`. They are kept the longer, the more they cost. */
async function namesOf(env: Env, prefix: string): Promise<Names> {
  const byPrefix = kept.get(env) ?? new Map<string, Names>();
  kept.set(env, byPrefix);
  const known = byPrefix.get(prefix);
  if (known !== undefined) {
    const age = Date.now() - known.at;
    if (age >= 0 && age < known.names.length * LIMITS.keepNameMs) return known;
  }
  const shards = firstShards(Math.max(...(await layoutsInUse(env))));
  const limit = LIMITS.namesCompared;
  const wanted = { after: "", prefix, search: "", limit };
  const { heads, missing } = await metricHeads(env, wanted, shards);
  const stored = await askDatabases(env, (db) => readNames(db, prefix, limit));
  const inDatabases = stored.answers.flatMap((one) => one.names);
  const names = [...new Set([...heads.keys(), ...inDatabases])].slice(0, limit);
  const read = { at: Date.now(), names, missing: [...missing, ...stored.missing] };
  byPrefix.delete(prefix);
  byPrefix.set(prefix, read);
  for (const oldest of byPrefix.keys()) if (byPrefix.size > PREFIXES) byPrefix.delete(oldest);
  return read;
}
