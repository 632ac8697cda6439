// The model-based test: random histories on a real shard, a real D1 and the real cron, compared with
// a naive reference after every step. MODEL_HISTORIES=20000 runs more, MODEL_SEED=… the same again.

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { history } from "./actions.ts";
import { runHistory } from "./run.ts";
import { ModelStore } from "./store.ts";

const HISTORIES = Number(env.MODEL_HISTORIES);
const seed = env.MODEL_SEED === "" ? Math.floor(Math.random() * 2 ** 31) : Number(env.MODEL_SEED);

test(`${HISTORIES} random histories, seed ${seed}`, { timeout: 24 * 3_600_000 }, async () => {
  console.log(`model: ${HISTORIES} histories, seed ${seed}`);
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const store = new ModelStore();
  let steps = 0;
  let histories = 0;
  await fc.assert(
    fc.asyncProperty(history, async (actions) => {
      await runHistory(store, actions);
      steps += actions.length;
      if (++histories % 500 === 0) console.log(`model: ${histories} histories, ${steps} steps`);
    }),
    { numRuns: HISTORIES, seed, endOnFailure: false },
  );
  console.log(`model: ${steps} steps compared`);
  expect(steps).toBeGreaterThan(HISTORIES);
});
