// Sends what a decoder took in to the shards, and says what became of it. Every format ends here. It
// answers no request: formats render the outcome.

import type { Rejection } from "../core/api.ts";
import type { BadItem } from "../core/formats/format.ts";
import type { Intake } from "../core/formats/intake.ts";
import type { FailedShard, Outcome } from "../core/formats/outcome.ts";
import type { ShardBatches } from "../core/formats/shard-batches.ts";
import * as LIMITS from "../core/limits.ts";
import type { AppendAnswer } from "../durable/shard.ts";
import { configOf, type Env } from "./env.ts";
import { Failed, type Failure } from "./http/failure.ts";
import { callShard, callShardOnce } from "./shards.ts";

export interface Wish {
  readonly badItem: BadItem;
  readonly idempotencyKey: string | undefined;
}

/** Stores what the intake holds. @throws for bugs only */
export async function write(env: Env, intake: Intake, wish: Wish): Promise<Outcome> {
  if (intake.issueCount > 0 && wish.badItem === "refuse")
    return { kind: "invalid", issues: intake.issues, issueCount: intake.issueCount };
  const { shards } = configOf(env);
  const key = wish.idempotencyKey === undefined ? "" : await digest(wish.idempotencyKey, shards);
  const parts = intake.finish();
  const settled = await Promise.allSettled(parts.map((part) => append(env, part, key)));
  return outcomeOf(intake, parts, settled, key !== "");
}

/** With a key a repeat is harmless, so the Worker itself may try again. */
function append(env: Env, part: ShardBatches, key: string): Promise<AppendAnswer> {
  const call = key === "" ? callShardOnce : callShard;
  const [first, ...others] = part.batches;
  const request = first !== undefined && others.length === 0 ? first : part.batches;
  return call(env, part.shard, async (stub) => await stub.append(request, key));
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
  settled.forEach((result, i) => {
    const part = parts[i]!;
    const answer = result.status === "fulfilled" ? result.value : retryOf(result.reason);
    if (typeof answer === "number") {
      accepted += answer;
      return;
    }
    if (answer.kind !== "stored") {
      failed.push({ shard: part.shard, ...answer });
      return;
    }
    accepted += answer.accepted;
    if (answer.duplicate) duplicates++;
    for (const { batch, series, code, message } of answer.refused)
      for (const position of series)
        for (const index of part.itemsOf(batch, position)) rejected.push({ index, code, message });
  });
  const counts = {
    accepted,
    duplicate: parts.length > 0 && duplicates === parts.length,
    rejected: rejected.sort((a, b) => a.index - b.index),
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

/** What is wrong with an Idempotency-Key; undefined when nothing is. */
export const keyIssue = (key: string): string | undefined =>
  key.length === 0 || key.length > LIMITS.idempotencyKeyLength
    ? `has ${key.length} characters: 1 to ${LIMITS.idempotencyKeyLength} are allowed`
    : undefined;

/**
 * Shards keep digests: all keys are of one small size, and 128 bits do not meet by chance. A digest
 * stands for the part of a request that one layout sends to one shard, so SHARDS is part of it: under
 * another layout the shard's part is another, and must not be taken for a repeat.
 */
async function digest(key: string, shards: number): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${shards} ${key}`));
  return btoa(String.fromCharCode(...new Uint8Array(hash, 0, 16))).replace(/=+$/, "");
}
