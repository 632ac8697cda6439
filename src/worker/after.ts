// Work that a request starts and does not wait for.

import type { Context } from "hono";
import type { HonoEnv } from "./env.ts";
import { report } from "../durable/report.ts";

/** Waits only where the platform cannot keep the work alive; what fails is logged. */
export async function after(c: Context<HonoEnv>, work: Promise<unknown>): Promise<void> {
  const done = work.catch((error: unknown) => report("afterwards_failed", error));
  let context: { waitUntil(work: Promise<unknown>): void };
  try {
    context = c.executionCtx;
  } catch {
    await done;
    return;
  }
  context.waitUntil(done);
}
