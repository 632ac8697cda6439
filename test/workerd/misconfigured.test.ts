// A variable that is wrong: the Worker, the cron and the shard refuse with the same words, and do
// nothing. Only /healthz answers: the Worker runs.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Shard } from "../../src/durable/shard.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { ENDPOINTS } from "../../src/worker/routes/list.ts";
import { failureOf } from "./api-client.ts";

const WRONG = { ...env, SHARDS: "two" };
const WORDS = /^SHARDS is "two", not a number of shards from 1 to 64\. Variables are set in/;

test("every endpoint but the open one says which, why, and where to change it", async () => {
  for (const { methods, path, scope, refused } of ENDPOINTS)
    for (const method of methods) {
      const response = await app.request(path, { method }, WRONG);
      if (scope === "always") expect(response.status).toBeLessThan(300);
      else if (refused !== undefined && path !== "/api/v1/points") {
        // In the words of the format's clients.
        expect([response.status, response.headers.get("retry-after")]).toEqual([503, "60"]);
        expect(await response.text()).toMatch(/SHARDS is \\?"two\\?", not a number of shards/);
      } else {
        expect(response.headers.get("retry-after")).toBe("60");
        const error = await failureOf(response, 503, "misconfigured");
        expect(error.message).toMatch(WORDS);
      }
    }
});

test("the cron does nothing, and says the same", async () => {
  await expect(runCron(WRONG)).rejects.toThrow(WORDS);
});

test("a shard does not start with a number that it would have to make up", async () => {
  await runInDurableObject(env.SHARD.getByName("5"), (_, state) => {
    expect(() => new Shard(state, WRONG)).toThrow(WORDS);
  });
});
