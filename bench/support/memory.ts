// What the page holds in memory while live updates come in over its sockets.

import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, CDPSession } from "playwright-core";
import { close, openCold, seenAt } from "./page.ts";

export interface Sample {
  /** Since the first sample, ms. */
  readonly at: number;
  /** Live updates that came since the first sample. */
  readonly pushes: number;
  /** JavaScript objects and array buffers after a garbage collection. */
  readonly bytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

const EVERY = 10_000;

/** Samples the page at `url`, on which somebody posts, until `done`. */
export async function watchMemory(
  browser: Browser,
  url: URL,
  done: (sample: Sample) => boolean,
): Promise<Sample[]> {
  let pushes = 0;
  const page = await openCold(browser, {
    url,
    prepare: (opened) =>
      opened.on("websocket", (socket) =>
        socket.on("framereceived", ({ payload }) => {
          if (String(payload).startsWith('{"type":"changed"')) pushes++;
        }),
      ),
  });
  await seenAt(page, "chart");
  await page.locator("[data-live=live]").waitFor();
  const devtools = await page.context().newCDPSession(page);
  const samples: Sample[] = [];
  let [start, before] = [0, 0];
  for (;;) {
    await sleep(EVERY);
    if (samples.length === 0) [start, before] = [performance.now(), pushes];
    const sample = {
      at: performance.now() - start,
      pushes: pushes - before,
      ...(await heldBy(devtools)),
    };
    samples.push(sample);
    if (done(sample)) break;
  }
  await close(page);
  return samples;
}

async function heldBy(
  devtools: CDPSession,
): Promise<Pick<Sample, "bytes" | "nodes" | "listeners">> {
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize } = await devtools.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners: listeners } = await devtools.send("Memory.getDOMCounters");
  return { bytes: usedSize + backingStorageSize, nodes, listeners };
}

/** What a figure grows by from the first of the samples to the last, by the line that fits best. */
export function growth(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, value) => sum + value, 0) / list.length;
  const [x, y] = [mean(samples.map(({ at }) => at)), mean(samples.map(of))];
  const spread = samples.reduce((sum, { at }) => sum + (at - x) ** 2, 0);
  const together = samples.reduce((sum, one) => sum + (one.at - x) * (of(one) - y), 0);
  return spread === 0 ? 0 : (together / spread) * (samples.at(-1)!.at - samples[0]!.at);
}
