// How long the frames of a page are while something happens on it, as the page sees them. Beside other
// programs a frame takes longer than its work; a trace would tell, and make them longer still.

import type { Page } from "playwright-core";

export interface Frames {
  /** From the start of a frame to the start of the next, ms. */
  readonly lengths: readonly number[];
  /** Tasks of the main thread of 50 ms and more, ms. */
  readonly longTasks: readonly number[];
}

export async function framesDuring(page: Page, work: () => Promise<void>): Promise<Frames> {
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
  await work();
  const seen = await recorder.evaluate((running) => running.stop());
  await recorder.dispose();
  return seen;
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
