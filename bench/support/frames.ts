// How long the frames of a page are while something happens on it: as the page sees them, and what
// its main thread worked meanwhile. Beside other programs a frame takes longer than its work.

import type { Browser, Page } from "playwright-core";

export interface Frames {
  /** From the start of a frame to the start of the next, ms. */
  readonly lengths: readonly number[];
  /** Tasks of the main thread of 50 ms and more, ms. */
  readonly longTasks: readonly number[];
  /** CPU time of the task of the main thread that worked most, ms. */
  readonly busiest: number;
}

export async function framesDuring(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<Frames> {
  const recorder = await page.evaluateHandle(() => {
    const lengths: number[] = [];
    const longTasks: number[] = [];
    let before: number | undefined;
    let next = requestAnimationFrame(function frame(at) {
      if (before !== undefined) lengths.push(at - before);
      before = at;
      next = requestAnimationFrame(frame);
    });
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    });
    observer.observe({ type: "longtask" });
    return {
      stop() {
        cancelAnimationFrame(next);
        observer.disconnect();
        return { lengths, longTasks };
      },
    };
  });
  await browser.startTracing(page, { categories: [TASKS, "blink.user_timing"] });
  await page.evaluate((mark) => performance.mark(mark), MARK);
  await work();
  const trace = await browser.stopTracing();
  const seen = await recorder.evaluate((running) => running.stop());
  await recorder.dispose();
  return { ...seen, busiest: busiestOf(trace) };
}

/** The category with the tasks of every thread. */
const TASKS = "disabled-by-default-devtools.timeline";
/** Tells the page's main thread from those of other pages. */
const MARK = "frames of this page";

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** CPU time, µs. */
  readonly tdur?: number;
}

function busiestOf(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const main = traceEvents.find(({ name }) => name === MARK);
  return traceEvents
    .filter(({ name, pid, tid }) => name === "RunTask" && pid === main?.pid && tid === main.tid)
    .reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1_000), 0);
}

export const worst = ({ lengths }: Pick<Frames, "lengths">): number => Math.max(0, ...lengths);

/** The share of frames by their length, of several recordings. */
export function distribution(recordings: readonly Frames[]): string {
  const all = recordings.flatMap(({ lengths }) => lengths);
  const share = (above: number, upTo: number): string => {
    const part = all.filter((length) => length > above && length <= upTo).length / all.length;
    return `${(100 * part).toFixed(1)} %`;
  };
  return [
    `≤ 17 ms ${share(-1, 17.5)}`,
    `≤ 34 ms ${share(17.5, 34.5)}`,
    `≤ 50 ms ${share(34.5, 50.5)}`,
    `longer ${share(50.5, Infinity)}`,
    `of ${all.length} frames`,
  ].join(", ");
}
