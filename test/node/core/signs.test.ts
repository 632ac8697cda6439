// What an operator is told to look at, and that the runbook says what to do about each.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { REJECTIONS, type ShardStatus, SIGNS, type StatusAnswer } from "../../../src/core/api.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { signsOf } from "../../../src/core/signs.ts";
import { STORE_METRICS, storeMetricsText } from "../../../src/core/store-metrics.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const runbook = readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8");

const shard: ShardStatus = {
  shard: 0,
  series: 10,
  unflushedBuckets: 100,
  unflushedBytes: 1_000,
  lastFlushAt: NOW - HOUR,
  lagMs: HOUR + 6 * MINUTE,
  saturation: { series: 0.79, names: 0.79, backlog: 0.49, commit: 0.49, sockets: 0.79 },
};
const database = {
  name: "DB",
  limitBytes: 1_000,
  sizeBytes: 799,
  rolledUpTo: NOW - 2 * HOUR,
  dirtyHours: 500,
};
const today = {
  since: 0,
  d1RowsWritten: 1,
  d1RowsRead: 1,
  shardRowsWritten: 1,
  shardRequests: 1,
  pointsAccepted: 1,
  pointsRefused: {},
  requestsRefused: { unauthorized: 999 },
};
type Status = Omit<StatusAnswer, "signs">;
const well: Status = {
  version: "1",
  now: NOW,
  shards: [shard],
  databases: [database],
  today,
};

const saturated = (more: Partial<ShardStatus["saturation"]>): Partial<Status> => ({
  shards: [{ ...shard, saturation: { ...shard.saturation, ...more } }],
});
const counted = (more: Partial<Status["today"]>): Partial<Status> => ({
  today: { ...today, ...more },
});

/** What makes each sign, and a part of its message. */
const CASES: Readonly<
  Record<(typeof SIGNS)[number], readonly (readonly [Partial<Status>, string])[]>
> = {
  "shard-silent": [[{ shards: [shard, { shard: 1, error: "gone" }] }, "gone"]],
  "database-silent": [[{ databases: [{ name: "DB", limitBytes: 1, error: "gone" }] }, "gone"]],
  "flush-failing": [[{ shards: [{ ...shard, error: "no such table" }] }, "no such table"]],
  backlog: [[saturated({ backlog: 0.5 }), "50 %"]],
  lag: [[{ shards: [{ ...shard, lagMs: 2 * HOUR }] }, "2.0 h"]],
  "database-full": [
    [{ databases: [{ ...database, sizeBytes: 805 }] }, "80 % full. Add a database"],
    [
      { databases: [{ ...database, sizeBytes: 4.5e8, limitBytes: LIMITS.databaseBytesFree }] },
      "90 % full. Keep minutes and hours for fewer days, remove metrics, or take the paid plan",
    ],
  ],
  "series-full": [
    [saturated({ series: 0.9 }), "90 % of the series"],
    [saturated({ names: 0.85 }), "85 % of the names"],
  ],
  overload: [
    [saturated({ commit: 0.6 }), "60 %"],
    [counted({ requestsRefused: { too_many_requests: 1 } }), "1 too_many_requests"],
    [counted({ pointsRefused: { busy: 7 } }), "7 busy"],
  ],
  "rollup-behind": [[{ databases: [{ ...database, rolledUpTo: NOW - DAY }] }, "2026-11-19T12:00"]],
  unreadable: [[{ databases: [{ ...database, unreadableHours: 3 }] }, "3 hours"]],
  bugs: [[counted({ requestsRefused: { internal: 2 } }), "2 internal"]],
  "points-refused": [
    [counted({ pointsRefused: { too_old: 1, invalid_point: 2 } }), "2 invalid_point, 1 too_old"],
  ],
  "requests-refused": [[counted({ requestsRefused: { unauthorized: 1_000 } }), "1000 unauth"]],
  "sockets-full": [[saturated({ sockets: 0.8 }), "80 %"]],
  "dirty-hours": [[{ databases: [{ ...database, dirtyHours: 30_000 }] }, "30000 hours"]],
};

test("a store that is well has no sign", () => {
  expect(signsOf(well)).toEqual([]);
});

describe.each(SIGNS)("%s", (sign) => {
  test.each(CASES[sign])("is seen: %o", (more, part) => {
    expect(signsOf({ ...well, ...more })).toEqual([
      expect.objectContaining({ sign, message: expect.stringContaining(part) }),
    ]);
  });

  test("has its part in the runbook, with something to do", () => {
    expect(runbook).toMatch(new RegExp(`^## ${sign}\n\n[^#-][^#]+\n\n- `, "m"));
  });
});

test("the worst comes first", () => {
  const all = Object.values(CASES).flatMap((cases) => cases.map(([more]) => more));
  const shards = all.flatMap((one) => one.shards ?? []);
  const databases = all.flatMap((one) => one.databases ?? []);
  const found = signsOf({ ...well, shards, databases }).map(({ sign }) => SIGNS.indexOf(sign));
  expect(found.length).toBeGreaterThan(8);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
});

test("every metric of the store is in the runbook, with its labels", () => {
  const labels = { ...well, signs: [{ sign: "lag", message: "" }] } satisfies StatusAnswer;
  const counts = { pointsRefused: { too_old: 1 }, requestsRefused: { internal: 1 } };
  const status = { ...labels, today: { ...today, ...counts } };
  for (const { name, samples } of STORE_METRICS) {
    const [first] = samples(status, []);
    const names = Object.keys(first![0]).join(",");
    expect(runbook).toContain(`\`${name}${names && `{${names}}`}\``);
  }
});

/** A part of the runbook: from its heading to the next. */
const partOf = (sign: string): string =>
  new RegExp(`^## ${sign}\n([^]*?)(?=^## )`, "m").exec(runbook)![1]!;

test("every reason for which points are refused is in the runbook", () => {
  for (const code of [...REJECTIONS, "unavailable"])
    expect(partOf("points-refused")).toContain(`\`${code}\``);
  for (const code of ["busy", "too_many_requests"])
    expect(partOf("overload")).toContain(`\`${code}\``);
});

test("label values are escaped", () => {
  const text = storeMetricsText({ ...well, version: 'a"\\\n', signs: [] }, []);
  expect(text).toContain('minuet_build_info{version="a\\"\\\\\\n"} 1\n');
});
