// The list of metrics, scrolled with the wheel from the first row to the last, whose pages come as
// the window nears them; and a long view, whose charts do.

import type { Browser, Page } from "playwright-core";
import { type Frames, framesDuring } from "./frames.ts";
import { close, openCold, seenAt } from "./page.ts";

export interface Scrolling {
  /** Rows of the list in the end. */
  readonly rows: number;
  readonly frames: Frames;
}

/** CSS pixels of a turn of the wheel: 25 rows. */
const TURN = 1_200;
/** The same over charts, each drawn as it comes: a third of a screen. */
const PANEL_TURN = 240;
/** What follows on an action is there a frame later, or two. */
const FRAMES_MS = 100;
/** A list that is not longer than its box is turned at so often. */
const LEAST_TURNS = 60;

export async function scrollThrough(browser: Browser, url: URL): Promise<Scrolling> {
  const page = await openCold(browser, { url });
  await seenAt(page, "chart");
  await seenAt(page, "list");
  // The last first: what opens pushes down what follows.
  const closed = page.locator(".metrics a.group[aria-expanded=false]");
  while ((await closed.count()) > 0) {
    await closed.last().click();
    await page.waitForTimeout(FRAMES_MS);
  }
  const box = await page.locator(".side .scroll").boundingBox();
  if (box === null) throw new Error("there is no list on the screen");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const frames = await framesDuring(page, async () => {
    for (let turn = 0; turn < LEAST_TURNS || !(await isAtEnd(page)); turn++) {
      await page.mouse.wheel(0, TURN);
      await page.waitForTimeout(30);
    }
  });
  await page.waitForTimeout(FRAMES_MS);
  const rows = await page
    .locator(".metrics li[aria-posinset]")
    .evaluateAll((all) => Math.max(...all.map((one) => Number(one.ariaPosInSet))));
  await close(page);
  return { rows, frames };
}

/** A view of so many panels, from the first to the last and back. */
export async function scrollPanels(
  browser: Browser,
  origin: URL,
  metrics: readonly string[],
): Promise<Frames> {
  const search = new URLSearchParams(metrics.map((metric) => ["metric", metric]));
  const page = await openCold(browser, { url: new URL(`/?range=24h&${search}`, origin) });
  await seenAt(page, "chart");
  await page.mouse.move(800, 500);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const frames = await framesDuring(page, async () => {
    for (const way of [1, -1])
      for (let turned = 0; turned < height; turned += PANEL_TURN) {
        await page.mouse.wheel(0, way * PANEL_TURN);
        await page.waitForTimeout(30);
      }
  });
  await close(page);
  return frames;
}

const isAtEnd = (page: Page): Promise<boolean> =>
  page.locator(".side .scroll").evaluate((box) => {
    const { scrollTop, clientHeight, scrollHeight } = box;
    return (
      scrollTop + clientHeight > scrollHeight - 2 &&
      box.querySelector("[aria-setsize='-1'], .bones") === null
    );
  });
