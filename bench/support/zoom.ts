// Eight charts of a day by the minute, of which those on view are read, zoomed by dragging and back again: how long
// the frames are.

import type { Browser, Page } from "playwright-core";
import { DAY, MINUTE } from "../../src/core/tiers.ts";
import { type Frames, framesDuring } from "./frames.ts";
import { close, openCold } from "./page.ts";

export interface Zooming {
  /** Of each chart, before the first zoom. */
  readonly buckets: readonly number[];
  /** A recording a round: of the charts, and of an empty page under the same mouse. */
  readonly charts: readonly Frames[];
  readonly empty: readonly Frames[];
}

export interface Screen {
  readonly width: number;
  readonly height: number;
}

/** Parts of the chart's width; the second is of what the first has left. */
const DRAGS = [
  [0.2, 0.7],
  [0.3, 0.6],
] as const;
/** How long the page is watched after the last answer: charts are drawn in the frames after it. */
const AFTERWARDS = 250;

export async function zoom(
  browser: Browser,
  origin: URL,
  metrics: readonly string[],
  screen: Screen,
  rounds: number,
): Promise<Zooming> {
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  const search = new URLSearchParams(metrics.map((metric) => ["metric", metric]));
  const to = now - 5 * MINUTE;
  const url = new URL(`/?from=${to - DAY}&to=${to}&${search}`, origin);
  const page = await openCold(browser, { url, ...screen });
  const empty = await openCold(browser, { url: new URL("about:blank"), ...screen });
  await settled(page, metrics.length);
  const buckets = await page
    .locator(".chart")
    .evaluateAll((charts) => charts.map((chart) => Number(chart.getAttribute("data-buckets"))));
  const recordings: { charts: Frames[]; empty: Frames[] } = { charts: [], empty: [] };
  for (let round = 0; round < rounds; round++) {
    await page.bringToFront();
    const start = performance.now();
    recordings.charts.push(await framesDuring(page, () => thereAndBack(page, metrics.length)));
    const took = performance.now() - start;
    await empty.bringToFront();
    recordings.empty.push(await framesDuring(empty, () => moveFor(empty, took)));
  }
  await Promise.all([close(page), close(empty)]);
  return { buckets, ...recordings };
}

async function thereAndBack(page: Page, panels: number): Promise<void> {
  for (const [from, to] of DRAGS) {
    await drag(page, from, to);
    await settled(page, panels);
  }
  for (const _ of DRAGS) {
    await page.goBack();
    await settled(page, panels);
  }
}

async function drag(page: Page, from: number, to: number): Promise<void> {
  const box = await page.locator(".u-over").first().boundingBox();
  if (box === null) throw new Error("the first chart is not on the screen");
  const y = box.y + box.height / 2;
  const x = (part: number): number => box.x + box.width * part;
  await page.mouse.move(x(from), y);
  await page.mouse.down();
  await page.mouse.move(x(to), y, { steps: 10 });
  await page.mouse.up();
}

/** Every chart on view shows the answer for the window in the address, and has had time to draw it. */
async function settled(page: Page, panels: number): Promise<void> {
  await page.waitForFunction(
    (panels) => {
      const from = new URLSearchParams(location.search).get("from");
      const selector = `[data-state=ready] .chart[data-current=true][data-from="${from}"]`;
      // Those below the fold are not read.
      const away = document.querySelectorAll(".panel[data-state=away]").length;
      return document.querySelectorAll(selector).length === panels - away;
    },
    panels,
    { polling: 200 },
  );
  await page.waitForTimeout(AFTERWARDS);
}

async function moveFor(page: Page, ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (let i = 0; performance.now() < end; i++) {
    await page.mouse.move(300 + (i % 10) * 50, 300);
    await page.waitForTimeout(50);
  }
}
