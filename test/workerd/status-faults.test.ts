// What /status says when a shard or D1 does not answer: which, and why; never a 503 for the whole.

import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { statusAnswer } from "../../src/worker/routes/status.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { withoutShard } from "./faults.ts";

const statusOf = async (of: Partial<Env>) => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const response = await app.request("/api/v1/status", {}, { ...env, ...of });
  expect(response.status).toBe(200);
  return statusAnswer.parse(await response.json());
};

test("a shard that does not answer is named, and the others are told of", async () => {
  const { shards, today } = await statusOf({
    SHARDS: "3",
    SHARD: withoutShard(env.SHARD, 1),
  });
  expect(shards).toMatchObject([
    { shard: 0, series: 0 },
    { shard: 1, error: expect.stringMatching(/shard 1 did not answer/) },
    { shard: 2, series: 0 },
  ]);
  // What the silent one has counted is not there.
  expect(today.atLeast).toBe(true);
});

test("a D1 that cannot be read is told in one line, and the shards beside it", async () => {
  const broken = "D1_ERROR: database disk image is malformed: SQLITE_CORRUPT\n    at somewhere";
  const failing = { all: () => Promise.reject(new Error(broken)) };
  const session = {
    prepare: () => ({ bind: () => failing, ...failing }),
    batch: () => Promise.reject(new Error(broken)),
  };
  const DB = { withSession: () => session } as unknown as D1Database;
  const { shards, d1 } = await statusOf({ DB });
  expect(shards).toMatchObject([{ shard: 0, series: 0 }]);
  expect(d1).toEqual({
    sizeBytes: null,
    dirtyDays: null,
    rolledUpTo: null,
    error: expect.stringMatching(/^[^\n]*database is damaged[^\n]*$/),
  });
});
