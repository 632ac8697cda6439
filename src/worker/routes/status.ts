// GET /api/v1/status: what an operator asks first.

import { z } from "zod";
import { type D1Status, answered, type SilentShard, type StatusAnswer } from "../../core/api.ts";
import { labelsObject, parseLabelsJson } from "../../core/series/labels.ts";
import { DAY, dayOf } from "../../core/tiers.ts";
import { readStatus } from "../../d1/status.ts";
import { count } from "../../durable/counters.ts";
import type { ShardReport } from "../../durable/answers.ts";
import { configOf, type Env } from "../env.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { unreadablePart } from "../http/fields.ts";
import { callShard, countRead, firstShards, layoutsInUse, takeCounted } from "../shards.ts";
import { troubleOf } from "../trouble.ts";
import { VERSION } from "../version.ts";

export const statusAnswer = exactly<StatusAnswer>()(
  z
    .object({
      version: z.string(),
      now: z.number(),
      shards: z
        .array(
          z.union([
            z.object({
              shard: z.number(),
              series: z.number(),
              unflushedBuckets: z.number(),
              unflushedBytes: z.number(),
              lastFlushAt: z.number().nullable(),
              lagMs: z
                .number()
                .meta({ description: "Age of the oldest point that D1 does not hold" }),
              error: z.string().exactOptional(),
            }),
            z.object({ shard: z.number(), error: z.string() }),
          ]),
        )
        .meta({ description: "Of a shard that does not answer, only its number and the error" }),
      d1: z
        .object({
          sizeBytes: z.number().nullable(),
          dirtyDays: z.number().nullable(),
          rolledUpTo: z
            .number()
            .nullable()
            .meta({ description: "All before this time is rolled up into hours and days" }),
          unreadable: z
            .array(z.object({ metric: z.string(), ...unreadablePart.shape }))
            .exactOptional()
            .meta({
              description: "Days of series with a segment that cannot be read: kept, tried again",
            }),
          unreadableCount: z.number().exactOptional(),
          error: z.string().exactOptional(),
        })
        .meta({ description: "Null, with an error, when D1 does not answer" }),
      today: z
        .object({
          d1RowsWritten: z.number(),
          d1RowsRead: z.number(),
          shardRowsWritten: z.number(),
          shardRequests: z.number().meta({ description: "Calls, sockets and alarms" }),
          atLeast: z
            .literal(true)
            .exactOptional()
            .meta({ description: "A shard started anew today, so some may not be counted" }),
        })
        .meta({
          description: "Rows since midnight UTC, as the platform counted them, and requests",
        }),
    })
    .meta({ id: "StatusAnswer" }),
);

export const status = endpoint({
  methods: ["GET"],
  path: "/api/v1/status",
  scope: "read",
  summary: "Shards, D1, and rows counted today",
  answer: statusAnswer,
  errors: ["unavailable", "too_many_requests"],
  async handle(_asked, c) {
    const now = Date.now();
    const config = configOf(c.env);
    // Also shards that a change of SHARDS is about to empty. D1 may be down: then that is the answer.
    const layouts = await layoutsInUse(c.env).catch(() => [config.shards]);
    const [shards, d1] = await Promise.all([
      Promise.all(firstShards(Math.max(...layouts)).map((shard) => shardStatus(c.env, shard))),
      d1Status(c.env, now),
    ]);
    const reports = shards.filter(answered);
    const counters = reports
      .map((report) => report.counters)
      .reduce((sum, more) => count(sum, now, count(more, now)), count({ day: 0 }, now));
    return {
      version: VERSION,
      now,
      shards: shards.map((shard) => {
        if (!answered(shard)) return shard;
        const { counters: _counters, atLeast: _atLeast, ...report } = shard;
        return report;
      }),
      d1,
      today: {
        d1RowsWritten: counters.d1RowsWritten,
        d1RowsRead: counters.d1RowsRead,
        shardRowsWritten: counters.shardRowsWritten,
        shardRequests: counters.shardRequests,
        ...((reports.length < shards.length || reports.some(({ atLeast }) => atLeast)) && {
          atLeast: true as const,
        }),
      },
    };
  },
});

async function shardStatus(env: Env, shard: number): Promise<ShardReport | SilentShard> {
  try {
    return await callShard(env, shard, async (stub) => await stub.report(takeCounted()));
  } catch (error) {
    return { shard, error: oneLine(error) };
  }
}

async function d1Status(env: Env, now: number): Promise<D1Status> {
  try {
    const read = await readStatus(env.DB.withSession());
    countRead(read.counted.read);
    const { sizeBytes, dirtyDays, oldestDirty, unreadable, unreadableCount } = read;
    const list = unreadable.map(({ metric, labels, day, message }) => ({
      metric,
      labels: labelsObject(parseLabelsJson(labels)),
      from: day * DAY,
      to: (day + 1) * DAY,
      message,
    }));
    return {
      sizeBytes,
      dirtyDays,
      rolledUpTo: Math.min(oldestDirty ?? Infinity, dayOf(now)) * DAY,
      ...(list.length > 0 && { unreadable: list }),
      ...(unreadableCount > list.length && { unreadableCount }),
    };
  } catch (error) {
    return { sizeBytes: null, dirtyDays: null, rolledUpTo: null, error: d1Error(oneLine(error)) };
  }
}

function d1Error(message: string): string {
  const trouble = troubleOf(message);
  return trouble === undefined ? message : `D1 cannot be read: ${trouble} (${message})`;
}

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
