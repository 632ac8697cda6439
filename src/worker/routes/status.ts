// GET /api/v1/status: what an operator asks first.

import { z } from "zod";
import {
  answered,
  type DatabaseStatus,
  type SilentDatabase,
  type SilentShard,
  type StatusAnswer,
  told,
  type UnreadableHour,
} from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { labelsObject, parseLabelsJson } from "../../core/series/labels.ts";
import { HOUR } from "../../core/tiers.ts";
import { databasesOf, type Named } from "../../d1/databases.ts";
import { readStatus, type UnreadableSeries } from "../../d1/status.ts";
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
      databases: z
        .array(
          z.union([
            z.object({
              name: z.string(),
              limitBytes: z.number().meta({ description: "What Cloudflare lets it grow to" }),
              sizeBytes: z.number(),
              rowsWritten: z.number().exactOptional().meta({
                description:
                  "Since midnight UTC; absent where no shard writes to it, or one that does is silent",
              }),
              rolledUpTo: z.number().meta({
                description:
                  "What it holds of before this time is rolled up into hours, but for what cannot be read",
              }),
              dirtyHours: z.number().meta({
                description: "Pairs of an hour and 16 series that are to be rolled up again",
              }),
              unreadableHours: z.number().exactOptional().meta({
                description: "Such pairs that cannot be read: kept, and tried again each hour",
              }),
              unreadable: z
                .array(z.object({ metric: z.string(), ...unreadablePart.shape }))
                .exactOptional()
                .meta({ description: "Some of the series that they are about" }),
            }),
            z.object({ name: z.string(), limitBytes: z.number(), error: z.string() }),
          ]),
        )
        .meta({
          description:
            "By the names of their bindings. Of one that does not answer, only that and the error",
        }),
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
  ofAll: true,
  summary: "Shards, databases, and rows counted today",
  answer: statusAnswer,
  errors: ["unavailable", "too_many_requests"],
  async handle(_asked, c) {
    const now = Date.now();
    const config = configOf(c.env);
    // Also shards that a change of SHARDS is about to empty. D1 may be down: then that is the answer.
    const layouts = await layoutsInUse(c.env).catch(() => [config.shards]);
    const [shards, databases] = await Promise.all([
      Promise.all(firstShards(Math.max(...layouts)).map((shard) => shardStatus(c.env, shard))),
      Promise.all(databasesOf(c.env).map((database) => databaseStatus(database, now))),
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
        const { counters: _counters, atLeast: _atLeast, database: _database, ...report } = shard;
        return report;
      }),
      databases: databases.map((database) => {
        const writers = reports.filter((report) => report.database === database.name);
        // Whatever a silent shard writes to.
        if (!told(database) || writers.length === 0 || reports.length < shards.length)
          return database;
        const rowsWritten = writers.reduce(
          (sum, report) => sum + count(report.counters, now).d1RowsWritten,
          0,
        );
        return { ...database, rowsWritten };
      }),
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

async function databaseStatus(
  { name, db }: Named,
  now: number,
): Promise<DatabaseStatus | SilentDatabase> {
  const named = { name, limitBytes: LIMITS.databaseBytes };
  try {
    const read = await readStatus(db.withSession(), now);
    countRead(read.counted.read);
    const { sizeBytes, rolledUpTo, dirtyHours, unreadable, unreadableHours } = read;
    return {
      ...named,
      sizeBytes,
      rolledUpTo,
      dirtyHours,
      ...(unreadableHours > 0 && { unreadableHours }),
      ...(unreadable.length > 0 && { unreadable: unreadable.map(unreadableHour) }),
    };
  } catch (error) {
    return { ...named, error: databaseError(name, oneLine(error)) };
  }
}

const unreadableHour = ({ metric, labels, hour, message }: UnreadableSeries): UnreadableHour => ({
  metric,
  labels: labelsObject(parseLabelsJson(labels)),
  from: hour * HOUR,
  to: (hour + 1) * HOUR,
  message,
});

function databaseError(name: string, message: string): string {
  const trouble = troubleOf(message);
  return trouble === undefined ? message : `${name} cannot be read: ${trouble} (${message})`;
}

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
