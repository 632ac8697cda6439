// The pictures: for each an address, a window, and what to wait for or point at before it is taken.

import type { Locator, Page } from "playwright-core";
import type { Shop } from "./shop.ts";

export interface Scene {
  /** Name of the file, without ".png". */
  readonly name: string;
  /** Path and search of the address. */
  readonly address: (shop: Shop) => string;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture in one of CSS. Default: 2. */
  readonly scale?: number;
  readonly theme?: "light" | "dark";
  /** A phone: fingers instead of a mouse. */
  readonly touch?: true;
  /** Resolves when the page is as it should be kept. */
  readonly ready: (page: Page, shop: Shop) => Promise<unknown>;
}

/** An address of the explorer: of each panel the metric, and what follows it. */
const explore = (
  page: Readonly<Record<string, string | number>>,
  ...panels: readonly Readonly<Record<string, string>>[]
): string => {
  const pairs = [page, ...panels].flatMap((part) => Object.entries(part));
  return `/?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
};

const LATENCY = { metric: "demo.http.latency.ms", by: "route" };

const chartOf = (page: Page, metric: string): Locator =>
  page.locator(`.chart[data-metric="${metric}"]`);

/** Every panel shows the answer to what is asked, and the list has its lines. */
async function drawn(page: Page, panels: number): Promise<void> {
  await page.waitForFunction(
    (count) =>
      document.querySelectorAll("[data-state=ready] .chart[data-current=true] canvas").length ===
      count,
    panels,
  );
  await sparklines(page);
}

const sparklines = (page: Page): Promise<void> =>
  page.locator(".metric .sparkline path").first().waitFor({ state: "attached" });

const live = (page: Page): Promise<void> => page.locator("[data-live=live]").waitFor();

/** Puts the mouse over a chart at a moment, and waits for the tooltip. `height`: part of the chart. */
async function pointAt(page: Page, metric: string, at: number, height = 0.25): Promise<void> {
  const chart = chartOf(page, metric);
  const [from, to] = await Promise.all(
    ["data-from", "data-to"].map(async (name) => Number(await chart.getAttribute(name))),
  );
  const box = await chart.locator(".u-over").boundingBox();
  if (box === null) throw new Error(`the chart of ${metric} is not on the page`);
  const x = box.x + (box.width * (at - from!)) / (to! - from!);
  await page.mouse.move(x - 2, box.y + box.height * height);
  await page.mouse.move(x, box.y + box.height * height);
  await chart.locator("[data-tooltip]").waitFor();
}

export const FIRST_RUN: Scene = {
  name: "first-run",
  address: () => "/",
  width: 1136,
  height: 640,
  ready: (page) => page.locator("[data-state=welcome]").waitFor(),
};

export const SCENES: readonly Scene[] = [
  {
    name: "panel",
    address: () => explore({ range: "24h" }, { ...LATENCY, where: "status=200" }),
    width: 1152,
    height: 712,
    async ready(page, shop) {
      await drawn(page, 1);
      await live(page);
      // All routes are slow for eight minutes after a deploy.
      await pointAt(page, LATENCY.metric, shop.at("2026-10-20T14:08"), 0.12);
    },
  },
  {
    name: "panels",
    address: () =>
      explore(
        { range: "24h" },
        LATENCY,
        { metric: "demo.cpu.load", by: "host" },
        { metric: "demo.memory.bytes", by: "host" },
        { metric: "demo.orders.per_minute", by: "country" },
      ),
    // From here on there are two columns.
    width: 1900,
    height: 1264,
    scale: 1,
    async ready(page, shop) {
      await drawn(page, 4);
      await live(page);
      await pointAt(page, LATENCY.metric, shop.at("2026-10-20T14:08"));
    },
  },
  {
    name: "zoomed",
    address: (shop) =>
      explore({ from: shop.at("2026-10-20T13:45"), to: shop.at("2026-10-20T14:45") }, LATENCY, {
        metric: "demo.cache.hit.percent",
        by: "cache",
      }),
    width: 1136,
    height: 928,
    async ready(page, shop) {
      await drawn(page, 2);
      await pointAt(page, "demo.cache.hit.percent", shop.at("2026-10-20T14:09"));
    },
  },
  {
    name: "dark",
    address: () => explore({ range: "30d" }, { metric: "demo.temperature.celsius", by: "room" }),
    width: 1136,
    height: 760,
    theme: "dark",
    async ready(page, shop) {
      await drawn(page, 1);
      await live(page);
      // The cooling failed for four hours.
      await pointAt(page, "demo.temperature.celsius", shop.at("2026-10-15T23:30"));
    },
  },
  {
    name: "narrow",
    address: () => explore({ range: "6h" }, LATENCY),
    width: 390,
    height: 844,
    touch: true,
    async ready(page) {
      await drawn(page, 1);
      await live(page);
    },
  },
  {
    name: "error",
    address: () => explore({ range: "24h" }, { metric: "demo.http.latncy.ms" }),
    width: 1136,
    height: 704,
    async ready(page) {
      await page.locator("[data-state=failed]").waitFor();
      await sparklines(page);
    },
  },
  {
    name: "store",
    address: () => "/store",
    width: 1280,
    height: 1312,
    async ready(page, shop) {
      await shop.settled();
      await page.reload();
      await page.locator(".store[data-state=ready]").waitFor();
    },
  },
];
