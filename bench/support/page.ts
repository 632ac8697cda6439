// The page in a real Chromium: built as a deploy builds it, opened cold, and timed by its own clock,
// so that the driver's delays do not count.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";

const ROOT = join(import.meta.dirname, "../..");

/** How long the page may take for anything that is not measured, ms. */
const PATIENCE = 60_000;
/**
 * A new context makes the browser start processes: half a second of CPU time, which a page that is
 * opened at once shares. That is not the page's: it is opened when they are done, ms.
 */
const BROWSER_STARTS = 1_000;
/** After it has loaded, the page is left alone so long: the driver's questions cost it time, ms. */
const ALONE = 1_000;

/** Builds the page to a folder that no running server reads, and returns it. */
export function buildPage(): string {
  const out = join(ROOT, "dist/bench-ui");
  const built = spawnSync("vite", ["build", "src/ui", "--outDir", out, "--emptyOutDir"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`vite could not build:\n${built.stdout}${built.stderr}`);
  return out;
}

/** Marks of the performance timeline: the end of the first frame that shows it. */
const FIRST_VIEW = {
  anything: "body",
  chart: "[data-state=ready] .chart[data-current=true] canvas",
  list: "a.metric[data-metric]",
  // Rows begin without them; groups that are closed have none.
  sparklines: ".metrics:not(.waiting, :has(.bones, .sparkline:empty)) :is(.sparkline, a.group)",
};
type Mark = keyof typeof FIRST_VIEW;

/** Runs inside the page, before its own scripts. */
function markFirstView(selectors: Readonly<Record<string, string>>): void {
  const isDrawn = (element: Element): boolean => {
    if (!(element instanceof HTMLCanvasElement)) return true;
    const { width, height } = element;
    const pixels = element.getContext("2d")?.getImageData(0, Math.floor(height / 2), width, 1);
    return pixels?.data.some((value) => value !== 0) ?? false;
  };
  const afterFrame = (then: () => void): void => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", then, { once: true });
    port1.start();
    port2.postMessage(undefined);
  };
  for (const [name, selector] of Object.entries(selectors)) {
    const look = (): void => {
      const found = document.querySelector(selector);
      if (found === null) {
        requestAnimationFrame(look);
        return;
      }
      afterFrame(() => {
        const startTime = performance.now();
        if (isDrawn(found)) performance.mark(name, { startTime });
        else requestAnimationFrame(look);
      });
    };
    requestAnimationFrame(look);
  }
}

export interface Opening {
  readonly url: URL;
  readonly width?: number;
  readonly height?: number;
  /** Called before the navigation. */
  readonly prepare?: (page: Page) => void;
}

/** Opens an address in a new context: nothing is cached, compiled or connected. */
export async function openCold(browser: Browser, opening: Opening): Promise<Page> {
  const { url, width = 1_280, height = 800, prepare } = opening;
  const context = await browser.newContext({
    viewport: { width, height },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(markFirstView, FIRST_VIEW);
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    throw error;
  });
  prepare?.(page);
  await page.waitForTimeout(BROWSER_STARTS);
  await page.goto(url.href);
  await page.waitForTimeout(ALONE);
  return page;
}

/** When the first frame with it was over, ms after the start of the navigation. */
export async function seenAt(page: Page, mark: Mark): Promise<number> {
  const at = await page.waitForFunction(
    (name) => performance.getEntriesByName(name, "mark")[0]?.startTime,
    mark,
    { polling: 100 },
  );
  return (await at.jsonValue()) ?? NaN;
}

export const close = (page: Page): Promise<void> => page.context().close();
