// The status of a store: what all its shards and databases say of themselves, and what of that somebody
// should look at.

import {
  answered,
  type DatabaseStatus,
  type SilentDatabase,
  type SilentShard,
  type StatusAnswer,
  told,
  type UnreadableHour,
} from "../core/api.ts";
import * as LIMITS from "../core/limits.ts";
import { labelsObject, parseLabelsJson } from "../core/series/labels.ts";
import { signsOf } from "../core/signs.ts";
import { HOUR } from "../core/tiers.ts";
import { databasesOf, type Named } from "../d1/databases.ts";
import { readStatus, type UnreadableSeries } from "../d1/status.ts";
import type { ShardReport } from "../durable/answers.ts";
import { count } from "../durable/counters.ts";
import { configOf, type Env } from "./env.ts";
import { callShard, countRead, firstShards, layoutsInUse, takeCounted } from "./shards.ts";
import { troubleOf } from "./trouble.ts";
import { VERSION } from "./version.ts";

/** What does not answer is told of in the status, not thrown. `now` is Unix ms. */
export async function statusOf(env: Env, now: number): Promise<StatusAnswer> {
  const config = configOf(env);
  const limitBytes = config.freePlan ? LIMITS.databaseBytesFree : LIMITS.databaseBytes;
  // Also shards that a change of SHARDS is about to empty. D1 may be down: then that is the answer.
  const layouts = await layoutsInUse(env).catch(() => [config.shards]);
  const [shards, databases] = await Promise.all([
    Promise.all(firstShards(Math.max(...layouts)).map((shard) => shardStatus(env, shard))),
    Promise.all(databasesOf(env).map((database) => databaseStatus(database, limitBytes, now))),
  ]);
  const reports = shards.filter(answered);
  const counters = reports
    .map((report) => report.counters)
    .reduce((sum, more) => count(sum, now, count(more, now)), count({ day: 0 }, now));
  const answer = {
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
      since: Math.min(now, ...reports.map((report) => count(report.counters, now).since)),
      d1RowsWritten: counters.d1RowsWritten,
      d1RowsRead: counters.d1RowsRead,
      shardRowsWritten: counters.shardRowsWritten,
      shardRequests: counters.shardRequests,
      pointsAccepted: counters.pointsAccepted,
      pointsRefused: counters.pointsRefused,
      requestsRefused: counters.requestsRefused,
      ...((reports.length < shards.length || reports.some(({ atLeast }) => atLeast)) && {
        atLeast: true as const,
      }),
    },
  };
  return { ...answer, signs: signsOf(answer) };
}

async function shardStatus(env: Env, shard: number): Promise<ShardReport | SilentShard> {
  try {
    return await callShard(env, shard, async (stub) => await stub.report(takeCounted()));
  } catch (error) {
    return { shard, error: oneLine(error) };
  }
}

async function databaseStatus(
  { name, db }: Named,
  limitBytes: number,
  now: number,
): Promise<DatabaseStatus | SilentDatabase> {
  const named = { name, limitBytes };
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
