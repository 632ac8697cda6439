// The model-based test: random histories on a real shard, a real D1 and the real cron, compared with
// a naive reference after every step. MODEL_HISTORIES=20000 runs more, MODEL_SEED=… the same again.
// Its halves are files of their own, so that two run at a time.

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { history } from "./actions.ts";
import { runHistory } from "./run.ts";
import { ModelStore } from "./store.ts";

const HALVES = 2;

/** The test of one half, 0 or 1. */
export function compareHalf(half: number): void {
  const histories = Math.ceil(Number(env.MODEL_HISTORIES) / HALVES);
  const seed = Number(env.MODEL_SEED) + half;
  test(
    `${histories} random histories, MODEL_SEED=${env.MODEL_SEED}`,
    { timeout: 24 * 3_600_000 },
    async () => {
      console.log(`model: ${histories} histories, MODEL_SEED=${env.MODEL_SEED}, half ${half}`);
      vi.useFakeTimers({ toFake: ["Date"] });
      vi.spyOn(console, "error").mockImplementation(() => undefined);
      const store = new ModelStore();
      await store.migrate();
      let steps = 0;
      let done = 0;
      await fc.assert(
        fc.asyncProperty(history, async (actions) => {
          await runHistory(store, actions);
          steps += actions.length;
          if (++done % 500 === 0) console.log(`model: ${done} histories, ${steps} steps`);
        }),
        { numRuns: histories, seed, endOnFailure: false },
      );
      console.log(`model: ${steps} steps compared`);
      expect(steps).toBeGreaterThan(histories);
    },
  );
}
