// What the tests of the page share: a browser, pages that report every error, points to draw, and
// waiting for what the page says of itself.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
  type Request,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { startBare } from "../support/bare.ts";
import { type Server, type ServerOptions, startServer } from "../support/server.ts";

export const MINUTE = 60_000;
/** What the reader may prefer. */
export const SCHEMES = ["light", "dark"] as const;

/** How long the page may take for anything that is not measured, ms. */
const PATIENCE = 30_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface Site {
  readonly server: Server;
  /** Opens a page of its own context, closed after the test. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** Stores points. */
  post(body: unknown): Promise<void>;
  /** Stops the server and starts it again with the same state, on the same port. */
  restart(): Promise<void>;
}

/** Of all files of a worker; it ends with that. */
let launched: Promise<Browser> | undefined;

/** A server and a browser for all tests of a file. A page that throws fails its test. */
export function site(options: ServerOptions = {}): Site {
  // It takes `wrangler dev` to make a second database.
  const start = options.databases === undefined ? startBare : startServer;
  let browser: Browser;
  let server: Server;
  /** Owns the state folder, also after a restart. */
  let first: Server;
  let errors: string[] = [];
  const token = options.vars?.API_TOKEN;

  beforeAll(async () => {
    [first, browser] = await Promise.all([start(options), (launched ??= launchChromium())]);
    server = first;
  });
  afterAll(async () => {
    await server?.stop();
    await first?.stop();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    const found = errors;
    errors = [];
    expect(found).toEqual([]);
  });

  return {
    get server() {
      return server;
    },
    async open(path, contextOptions = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        locale: "en-GB",
        timezoneId: "Europe/Berlin",
        ...contextOptions,
      });
      context.setDefaultTimeout(PATIENCE);
      const page = await context.newPage();
      page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
      // What the page's own policy stops is a fault of the page.
      page.on("console", (said) => {
        if (said.text().includes("Content Security Policy")) errors.push(said.text());
      });
      await page.goto(server.url + path);
      return page;
    },
    async post(body) {
      const response = await fetch(`${server.url}/api/v1/points`, {
        method: "POST",
        body: JSON.stringify(body),
        ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      });
      expect(await response.json()).not.toHaveProperty("error");
    },
    async restart() {
      const { port, persistTo } = server;
      await server.kill();
      server = await start({ ...options, port, persistTo });
    },
  };
}

/** The chart once it shows the answer to what the page asks now. */
export async function chartOf(page: Page, attributes = ""): Promise<Locator> {
  const chart = page.locator(`[data-state=ready] .chart[data-current=true]${attributes}`);
  await chart.locator("canvas").waitFor();
  return chart;
}

/** What has the focus, told by its text; "BODY" when nothing has. */
export const focusedOn = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: one } = document;
    return one === null || one === document.body ? "BODY" : (one.textContent || one.id).trim();
  });

/** A number that the chart says of itself. */
export const numberOf = async (chart: Locator, name: string): Promise<number> =>
  Number(await chart.getAttribute(`data-${name}`));

/** From when to when a chart is, Unix ms: both of one moment, since it may be drawn anew between two looks. */
export const rangeOf = (chart: Locator): Promise<[from: number, to: number]> =>
  chart.evaluate((element) => {
    const of = (name: string): number => Number(element.getAttribute(name));
    return [of("data-from"), of("data-to")];
  });

/** How long that is, ms. */
export async function lengthOf(chart: Locator): Promise<number> {
  const [from, to] = await rangeOf(chart);
  return to - from;
}

/** The section of a metric, when there are several. */
export const panelOf = (page: Page, metric: string): Locator =>
  page.locator(`.panel[aria-label="${metric}"]`);

/** A number of the legend: of the first series unless `series` names another. */
export const legendOf = (of: Page | Locator, stat: string, series?: string): Locator => {
  const rows = of.locator(".legend tbody tr");
  const row = series === undefined ? rows : rows.filter({ hasText: series });
  return row.first().locator(`[data-total=${stat}]`);
};

/** Keeps what charts write on their axes, from the next navigation on: seen by who draws it. */
export const keepTexts = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const texts: string[] = [];
    Object.assign(window, { drawnTexts: texts });
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      texts.push(text);
      fillText.call(this, text, x, y);
    };
  });
export const textsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => (window as unknown as { drawnTexts: string[] }).drawnTexts);

/** Drags over the chart, from one part of its width to another. */
export async function drag(page: Page, chart: Locator, from: number, to: number): Promise<void> {
  const box = (await chart.locator(".u-over").boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + (box.width * (from + to)) / 2, y, { steps: 4 });
  await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
  await page.mouse.up();
}

/** Waits for the first question to the server that has all `parts` in its address. */
export const question = (page: Page, ...parts: readonly string[]): Promise<Request> =>
  page.waitForRequest(
    (request) =>
      request.url().includes("/api/v1/query") &&
      parts.every((part) => request.url().includes(part)),
  );

/** Nothing is wider than the window. Charts follow a new size in the next frame: it is waited for. */
export const fits = (page: Page): Promise<void> =>
  expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth))
    .toBeLessThanOrEqual(0);

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds, as text that says where. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((): Promise<{ violations: Violation[] }> =>
    // axe has put itself into the page.
    (window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run(),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

export const liveOf = (page: Page): Promise<void> =>
  page.locator('[data-live="live"]').waitFor().then();

/** `datapoints` of the last `count` minutes before this one; undefined leaves a minute out. */
export function lastMinutes(
  count: number,
  value: (minutesAgo: number) => number | undefined,
): [at: number, value: number][] {
  const minute = Math.floor(Date.now() / MINUTE) * MINUTE;
  return Array.from({ length: count }, (_, i) => count - i).flatMap((ago) => {
    const one = value(ago);
    return one === undefined ? [] : [[minute - ago * MINUTE, one] as [number, number]];
  });
}
