// Sends what a decoder took in to the shards, and says what became of it. Every format ends here. It
// answers no request: formats render the outcome.

import type { Rejection } from "../core/api.ts";
import type { BadItem } from "../core/formats/format.ts";
import type { Intake } from "../core/formats/intake.ts";
import type { Counts, FailedShard, Outcome } from "../core/formats/outcome.ts";
import type { ShardBatches } from "../core/formats/shard-batches.ts";
import type { Keyed } from "../durable/appends.ts";
import type { AppendAnswer } from "../durable/commit.ts";
import type { Attempt } from "../durable/idempotency.ts";
import { configOf, type Env } from "./env.ts";
import { Failed, type Failure } from "./http/failure.ts";
import type { Once } from "./once.ts";
import { callShard, callShardOnce, countRefused, takeCounted } from "./shards.ts";

export interface Wish {
  readonly badItem: BadItem;
  /** Undefined where a repeat cannot be told from another request. */
  readonly once: Once | undefined;
  /** A sample that is kept already counts once: see `Format`. */
  readonly repeats: boolean;
  /** What tells who sends from others, its address; undefined where it is not known. */
  readonly sender: string | undefined;
}

/** Stores what the intake holds. @throws for bugs only */
export async function write(env: Env, intake: Intake, wish: Wish): Promise<Outcome> {
  if (intake.issueCount > 0 && wish.badItem === "refuse") {
    countRefused({ pointsRefused: { invalid_point: intake.length + intake.skipped } });
    return { kind: "invalid", issues: intake.issues, issueCount: intake.issueCount };
  }
  const parts = intake.finish();
  const attempt = wish.once && attemptOf(wish.once, intake);
  if (wish.once?.ofContent === false && attempt && (await contradicts(env, parts, attempt)))
    return { kind: "key_reused" };
  const settled = await Promise.allSettled(parts.map((part) => append(env, part, attempt, wish)));
  const outcome = outcomeOf(intake, parts, settled, attempt !== undefined);
  if ("rejected" in outcome && outcome.kind !== "stored") noteRefused(outcome, intake);
  return outcome;
}

/** A part of a request that is known by its own content. */
export interface KnownPart {
  readonly intake: Intake;
  readonly once: Once;
}

/**
 * Stores what the intakes hold, with one call for each shard touched; what became of each. Bad items are
 * skipped. @throws for bugs only
 */
export async function writeEach(
  env: Env,
  parts: readonly KnownPart[],
  { repeats, sender }: Pick<Wish, "repeats" | "sender">,
): Promise<Outcome[]> {
  const { shards } = configOf(env);
  const finished = parts.map(({ intake }) => intake.finish());
  const requests = finished.flatMap((list, i) =>
    list.map((part) => ({ part, attempt: attemptOf(parts[i]!.once, parts[i]!.intake) })),
  );
  const answers = new Map<ShardBatches, PromiseSettledResult<AppendAnswer>>();
  const ask = async (shard: number, list: typeof requests): Promise<void> => {
    const keyed = list.map(({ part: { batches }, attempt }): Keyed => ({ batches, attempt }));
    const [all] = await Promise.allSettled([
      callShard(
        env,
        shard,
        async (stub) => await stub.appendEach(keyed, shards, repeats, sender, takeCounted()),
      ),
    ]);
    list.forEach(({ part }, i) =>
      answers.set(part, all.status === "rejected" ? all : { ...all, value: all.value[i]! }),
    );
  };
  const byShard = Map.groupBy(requests, ({ part }) => part.shard);
  await Promise.all(Array.from(byShard, ([shard, list]) => ask(shard, list)));
  return parts.map(({ intake }, i) => {
    const settled = finished[i]!.map((part) => answers.get(part)!);
    const outcome = outcomeOf(intake, finished[i]!, settled, true);
    if ("rejected" in outcome && outcome.kind !== "stored") noteRefused(outcome, intake);
    return outcome;
  });
}

/** Counts the points that were not stored, by why. */
function noteRefused(outcome: Extract<Outcome, Counts>, intake: Intake): void {
  const tally: Record<string, number> = {};
  const note = (why: string, many: number): void => {
    if (many > 0) tally[why] = (tally[why] ?? 0) + many;
  };
  // Of bad items only the first are listed.
  for (const { code } of outcome.rejected) if (code !== "invalid_point") note(code, 1);
  note("invalid_point", intake.skipped);
  if (outcome.kind !== "partly") {
    const sifted = outcome.rejected.filter(({ code }) => code === "too_many_series").length;
    note(outcome.kind, intake.length - outcome.accepted - sifted);
  }
  countRefused({ pointsRefused: tally });
}

const attemptOf = ({ key, fingerprint }: Once, { accepts }: Intake): Attempt => ({
  key,
  fingerprint,
  ...accepts,
});

/**
 * Whether a shard knows the key of another body. One shard says so when it is asked to store; of
 * several none may store its part when one does not, so they are asked before. A shard that does not
 * answer will not store either.
 */
async function contradicts(
  env: Env,
  parts: readonly ShardBatches[],
  { key, fingerprint }: Attempt,
): Promise<boolean> {
  if (parts.length < 2) return false;
  const known = await Promise.allSettled(
    parts.map(({ shard }) =>
      callShard(env, shard, async (stub) => await stub.contradicts(key, fingerprint)),
    ),
  );
  return known.some((one) => one.status === "fulfilled" && one.value);
}

/** With a key a repeat is harmless, so the Worker itself may try again. */
function append(
  env: Env,
  part: ShardBatches,
  attempt: Attempt | undefined,
  { repeats, sender }: Wish,
): Promise<AppendAnswer> {
  const call = attempt === undefined ? callShardOnce : callShard;
  const [first, ...others] = part.batches;
  const request = first !== undefined && others.length === 0 ? first : part.batches;
  const { shards } = configOf(env);
  return call(
    env,
    part.shard,
    async (stub) => await stub.append(request, shards, attempt, repeats, sender, takeCounted()),
  );
}

/** What the shards' answers are together. @throws what a shard threw that is no failure */
function outcomeOf(
  intake: Intake,
  parts: readonly ShardBatches[],
  settled: readonly PromiseSettledResult<AppendAnswer>[],
  repeatable: boolean,
): Outcome {
  const rejected: Rejection[] = intake.rejections();
  const failed: (FailedShard & Retry)[] = [];
  let accepted = 0;
  let duplicates = 0;
  let otherBody = false;
  settled.forEach((result, i) => {
    const part = parts[i]!;
    const answer = result.status === "fulfilled" ? result.value : retryOf(result.reason);
    if (typeof answer === "number") {
      accepted += answer;
      return;
    }
    if (answer.kind === "other_body") {
      otherBody = true;
      return;
    }
    if (answer.kind !== "stored") {
      failed.push({ shard: part.shard, ...answer });
      return;
    }
    accepted += answer.accepted;
    if (answer.duplicate) duplicates++;
    for (const { batch, series, code, message } of answer.rejected)
      for (const position of series)
        for (const index of part.itemsOf(batch, position)) rejected.push({ index, code, message });
  });
  if (otherBody) return { kind: "key_reused" };
  const counts = {
    accepted,
    duplicate: parts.length > 0 && duplicates === parts.length,
    rejected: rejected.sort((a, b) => a.index - b.index),
    withoutValue: intake.withoutValue,
    skipped: intake.skipped,
  };
  const worst = failed.find(({ kind }) => kind === "unavailable") ?? failed[0];
  if (worst !== undefined)
    return {
      kind: worst.kind,
      failed: failed.map(({ shard, message }) => ({ shard, message })),
      retryAfterSec: Math.max(...failed.map(({ retryAfterSec }) => retryAfterSec)),
      repeatable,
      ...counts,
    };
  return { kind: rejected.length > 0 ? "partly" : "stored", ...counts };
}

type Retry = Extract<Failure, { readonly retryAfterSec: number }>;

/** Why a call to a shard failed. @throws what is no failure but a bug */
function retryOf(reason: unknown): Retry {
  if (reason instanceof Failed) {
    const { failure } = reason;
    if ("retryAfterSec" in failure) return failure;
  }
  throw reason;
}
