// Sends what a decoder took in to the shards, and answers. Every write format ends here.

import type { Rejection, WriteAnswer } from "../core/api.ts";
import type { Intake, ShardBatches } from "../core/formats/intake.ts";
import * as LIMITS from "../core/limits.ts";
import type { AppendAnswer } from "../durable/shard.ts";
import { configOf, type Env } from "./env.ts";
import { fail } from "./http/failure.ts";
import { callShard, callShardOnce } from "./shards.ts";

/** Stores everything that the intake holds. @throws Failed when something is not stored. */
export async function write(
  env: Env,
  intake: Intake,
  idempotencyKey: string | undefined,
): Promise<WriteAnswer> {
  if (intake.problemCount > 0)
    fail({
      kind: "invalid_point",
      message: `the points have ${counted(intake.problemCount, "problem")}; nothing was stored`,
      issues: intake.problems,
      issueCount: intake.problemCount,
    });
  const key = await digest(idempotencyKey, configOf(env).shards);
  const parts = intake.finish();
  const settled = await Promise.allSettled(parts.map((part) => append(env, part, key)));
  const rejected: Rejection[] = [...intake.rejected];
  let accepted = 0;
  let duplicates = 0;
  let failed: unknown;
  settled.forEach((result, i) => {
    if (result.status === "rejected") {
      failed ??= result.reason;
      return;
    }
    const answer = result.value;
    if (typeof answer === "number") {
      accepted += answer;
      return;
    }
    if (answer.kind === "busy") {
      failed ??= answer;
      return;
    }
    accepted += answer.accepted;
    if (answer.duplicate) duplicates++;
    for (const { batch, series, code, message } of answer.refused)
      for (const number of series)
        for (const index of parts[i]!.itemsOf(batch, number))
          rejected.push({ index, code, message });
  });
  if (failed !== undefined) throwFailed(failed, accepted);
  const written: WriteAnswer = {
    accepted,
    ...(parts.length > 0 && duplicates === parts.length && { duplicate: true }),
  };
  if (rejected.length > 0) {
    rejected.sort((a, b) => a.index - b.index);
    const messages = [...new Set(rejected.map(({ message }) => message))];
    fail({
      kind: "over_limit",
      message: `${counted(rejected.length, "point")} over a limit, ${accepted} stored: ${messages.slice(0, 3).join("; ")}`,
      written,
      rejected,
    });
  }
  return written;
}

/** With a key a repeat is harmless, so the Worker itself may try again. */
function append(env: Env, part: ShardBatches, key: string): Promise<AppendAnswer> {
  const call = key === "" ? callShardOnce : callShard;
  const [first, ...others] = part.batches;
  const request = first !== undefined && others.length === 0 ? first : part.batches;
  return call(env, part.shard, async (stub) => await stub.append(request, key));
}

function throwFailed(failed: unknown, accepted: number): never {
  if (!isBusy(failed)) throw failed;
  const partly =
    accepted > 0
      ? `; ${accepted} points of other metrics were stored, so send the same request with the same Idempotency-Key`
      : "";
  return fail({
    kind: "busy",
    message: `${failed.message}; try again later${partly}`,
    retryAfterSec: failed.retryAfterSec,
  });
}

const isBusy = (value: unknown): value is Extract<AppendAnswer, { kind: "busy" }> =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "busy";

/**
 * Shards keep digests: all keys are of one small size, and 128 bits do not meet by chance. A digest
 * stands for the part of a request that one layout sends to one shard, so SHARDS is part of it: under
 * another layout the shard's part is another, and must not be taken for a repeat.
 */
async function digest(key: string | undefined, shards: number): Promise<string> {
  if (key === undefined) return "";
  if (key.length === 0 || key.length > LIMITS.idempotencyKeyLength)
    fail({
      kind: "invalid_parameter",
      message: `Idempotency-Key has ${key.length} characters: 1 to ${LIMITS.idempotencyKeyLength} are allowed`,
      issues: [{ path: "Idempotency-Key", message: `has ${key.length} characters` }],
    });
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${shards} ${key}`));
  return btoa(String.fromCharCode(...new Uint8Array(hash, 0, 16))).replace(/=+$/, "");
}

const counted = (many: number, what: string): string => `${many} ${what}${many === 1 ? "" : "s"}`;
