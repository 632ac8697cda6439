// Zooming and moving: finer data without a jump, and back.

import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  chartOf,
  drag,
  findings,
  fits,
  liveOf,
  MINUTE,
  numberOf,
  question,
  site,
  lengthOf,
  rangeOf,
} from "./pages.ts";

const store = site();
const { open, post } = store;

const DAY = 24 * 60 * MINUTE;
/** Of an hour of readings. */
const PROBED = Math.floor(Date.now() / MINUTE) * MINUTE - 100 * MINUTE;

beforeAll(async () => {
  // Five days of a point a minute, and some of each day before.
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  for (let ago = 5; ago > 0; ago--)
    await post({
      name: "shop.orders",
      datapoints: Array.from({ length: 1_440 }, (_, i) => {
        const at = now - ago * DAY + i * MINUTE;
        return [at, (at / MINUTE) % 60];
      }),
    });
  await post({
    name: "shop.orders",
    datapoints: Array.from({ length: 60 * 24 }, (_, i) => [now - 5 * DAY - i * 60 * MINUTE, 30]),
  });
  await post({ name: "other", value: 1 });
  // A reading every 10 s of an hour, in one minute of it every second; and one a day before.
  await post({
    name: "probe.temp",
    labels: { host: "a" },
    datapoints: [
      ...Array.from({ length: 300 }, (_, i) => [now - (300 - i) * DAY, 20]),
      ...Array.from({ length: 360 }, (_, i) => [PROBED + i * 10_000 + 250, 20 + (i % 7)]),
      ...Array.from({ length: 60 }, (_, i) => [PROBED + 30 * MINUTE + i * 1_000 + 500, 30]),
    ],
  });
});

describe("a drag over the chart", () => {
  test("asks finer data: day, hour, minute; Back goes the same way", async () => {
    const page = await open("/?range=1y&metric=shop.orders");
    await chartOf(page, '[data-resolution="day"]');
    await page.locator("a[data-range='30d']").click();
    let chart = await chartOf(page, '[data-resolution="hour"]');
    const [from, to] = await rangeOf(chart);
    let asked = question(page, "from=1");
    await drag(page, chart, 0.95, 0.98);
    await asked;
    chart = await chartOf(page, '[data-resolution="minute"]');
    await expect.poll(() => numberOf(chart, "from")).toBeGreaterThan(from);
    await expect.poll(() => numberOf(chart, "to")).toBeLessThan(to);
    const length = await lengthOf(chart);
    expect(length).toBeGreaterThan(0.02 * (to - from));
    expect(length).toBeLessThan(0.04 * (to - from));
    // Again, closer.
    asked = question(page, "from=1");
    await drag(page, chart, 0.4, 0.6);
    await asked;
    chart = await chartOf(page);
    await expect.poll(() => lengthOf(chart)).toBeLessThan(length / 4);
    await expect.poll(() => numberOf(chart, "buckets")).toBeGreaterThan(10);
    await page.goBack();
    chart = await chartOf(page, '[data-resolution="minute"]');
    await expect.poll(() => lengthOf(chart)).toBe(length);
    await page.goBack();
    await chartOf(page, '[data-resolution="hour"]');
    await page.goBack();
    await chartOf(page, '[data-resolution="day"]');
    await page.goForward();
    await chartOf(page, '[data-resolution="hour"]');
  });

  test("leads from a year to single samples, and Back from there", async () => {
    const page = await open("/?range=1y&metric=probe.temp");
    // What is on view, and what to select of it: so long, to an end so long after the readings began.
    const steps = [
      ["day", 20 * DAY, DAY],
      ["hour", 20 * 60 * MINUTE, 120 * MINUTE],
      ["minute", 150 * MINUTE, 90 * MINUTE],
      ["minute", 10 * MINUTE, 35 * MINUTE],
    ] as const;
    for (const [resolution, length, after] of steps) {
      const chart = await chartOf(page, `[data-resolution="${resolution}"]`);
      const [from, to] = await rangeOf(chart);
      const end = Math.min(to, PROBED + after);
      const part = (at: number): number => (at - from) / (to - from);
      const asked = question(page, "from=1");
      await drag(page, chart, part(end - length), Math.min(0.999, part(end)));
      await asked;
    }
    const chart = await chartOf(page, '[data-resolution="raw"]');
    const minutes = (await lengthOf(chart)) / MINUTE;
    // Six samples a minute, but for the one minute that keeps none.
    await expect.poll(() => numberOf(chart, "buckets")).toBe((minutes - 1) * 6 + 1);
    await expect.poll(() => numberOf(chart, "gaps")).toBe(0);
    await expect.poll(() => page.locator("[data-used=raw]").textContent()).toBe("Samples");
    await page.locator("a[data-resolution=raw].used").waitFor();
    await expect.poll(() => findings(page)).toEqual([]);
    await page.goBack();
    await chartOf(page, '[data-resolution="minute"]');
    await page.goForward();
    await chartOf(page, '[data-resolution="raw"]');
    for (let backs = 0; backs < 3; backs++) await page.goBack();
    await chartOf(page, '[data-resolution="hour"]');
    await page.goBack();
    await chartOf(page, '[data-resolution="day"]');
  });

  test("zooms all panels; a double click goes back", async () => {
    const page = await open("/?range=6h&metric=shop.orders&metric=other");
    const first = await chartOf(page, '[data-metric="shop.orders"]');
    const to = await numberOf(first, "to");
    await drag(page, first, 0.2, 0.4);
    await page.locator("[data-live=off]").waitFor();
    const near = await chartOf(page, '[data-metric="shop.orders"]');
    const window = await rangeOf(near);
    expect(window[1]).toBeLessThan(to);
    // The other has no points there, and says so for the same window.
    await page.locator('.panel[aria-label="other"][data-state=empty]').waitFor();
    const box = (await near.locator(".u-over").boundingBox())!;
    await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator("a[data-range='6h'][aria-current]").waitFor();
    expect(
      await numberOf(await chartOf(page, '[data-metric="shop.orders"]'), "to"),
    ).toBeGreaterThanOrEqual(to);
    await liveOf(page);
  });

  test("then other choices, then a double click: back to the range before", async () => {
    const page = await open("/?range=6h&metric=shop.orders");
    await drag(page, await chartOf(page), 0.2, 0.6);
    await page.locator("[data-live=off]").waitFor();
    await page.getByLabel("Statistic").selectOption("max");
    const chart = await chartOf(page);
    const box = (await chart.locator(".u-over").boundingBox())!;
    await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator("a[data-range='6h'][aria-current]").waitFor();
    await expect.poll(() => page.getByLabel("Statistic").inputValue()).toBe("max");
  });

  test("a Shift+click alone changes nothing", async () => {
    const page = await open("/?range=6h&metric=shop.orders");
    const chart = await chartOf(page);
    await liveOf(page);
    await chart.locator(".u-over").click({ modifiers: ["Shift"] });
    await liveOf(page);
    expect(page.url()).not.toContain("from=");
  });

  for (const [span, resolution] of [
    ["6h", "minute"],
    ["30d", "hour"],
  ] as const)
    test(`with Shift moves the window and keeps its length, by the ${resolution}`, async () => {
      const page = await open(`/?range=${span}&metric=shop.orders`);
      const chart = await chartOf(page);
      const [from, to] = await rangeOf(chart);
      await page.keyboard.down("Shift");
      await drag(page, chart, 0.2, 0.7);
      await page.keyboard.up("Shift");
      await page.locator("[data-live=off]").waitFor();
      const moved = await chartOf(page);
      const by = from - (await numberOf(moved, "from"));
      expect(by / (to - from)).toBeCloseTo(0.5, 1);
      const length = await lengthOf(moved);
      expect(length).toBe(to - from);
    });
});

test("the keyboard zooms, moves and goes back", async () => {
  const page = await open("/?range=6h&metric=shop.orders");
  const chart = await chartOf(page);
  const length = await lengthOf(chart);
  await chart.getByRole("application").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("[data-tooltip]").waitFor();
  await page.keyboard.press("+");
  await page.locator("[data-live=off]").waitFor();
  const near = await chartOf(page);
  const closer = await lengthOf(near);
  expect(closer).toBeLessThan(0.6 * length);
  const from = await numberOf(near, "from");
  await page.keyboard.press("Shift+ArrowLeft");
  await expect.poll(async () => numberOf(await chartOf(page), "from")).toBeLessThan(from);
  expect(await lengthOf(await chartOf(page))).toBe(closer);
  // Back to where the zoom began, though the window was moved since.
  await page.keyboard.press("Escape");
  await page.locator("a[data-range='6h'][aria-current]").waitFor();
});

test("keys that come faster than the charts are drawn zoom as often", async () => {
  const panels = Array.from({ length: 8 }, () => "metric=shop.orders").join("&");
  // All of them are on view: others would not be read.
  const page = await open(`/?range=24h&${panels}`, { viewport: { width: 1280, height: 7_400 } });
  await page.locator("[data-state=ready] .chart[data-current=true]").nth(7).waitFor();
  await page.locator(".plot-canvas").last().focus();
  const lengthOf = (): Promise<number> =>
    page.evaluate(() => {
      const search = new URLSearchParams(location.search);
      return Number(search.get("to")) - Number(search.get("from"));
    });
  await page.evaluate(() => {
    for (let i = 0; i < 3; i++)
      document.activeElement?.dispatchEvent(
        new KeyboardEvent("keydown", { key: "+", bubbles: true, cancelable: true }),
      );
  });
  // Each leaves half, in whole minutes.
  await expect
    .poll(async () => Math.abs((await lengthOf()) - DAY / 8))
    .toBeLessThanOrEqual(4 * MINUTE);
});

test("a range by hand, in the zone that is shown", async () => {
  const page = await open("/?metric=shop.orders");
  await chartOf(page);
  await page.getByLabel("Custom range").click();
  await page.getByLabel("From").fill("2026-03-29T00:00");
  await page.getByLabel("To", { exact: true }).fill("2026-03-30T00:00");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const { searchParams } = new URL(page.url());
  // The day on which the clocks of Berlin went ahead has 23 hours.
  expect(Number(searchParams.get("to")) - Number(searchParams.get("from"))).toBe(23 * 60 * MINUTE);
  expect(Number(searchParams.get("from"))).toBe(Date.UTC(2026, 2, 28, 23));
});

test("a range in words: what is understood is told, what is not as well; it stays live", async () => {
  const page = await open("/?metric=shop.orders");
  await chartOf(page);
  await page.getByLabel("Custom range").click();
  const words = page.getByLabel("In words");
  await words.fill("soon");
  await words.press("Enter");
  await page.getByRole("alert").filter({ hasText: "“soon” is no range" }).waitFor();
  await words.fill("last 45 minutes");
  await page.getByText("the last 45m, live").waitFor();
  await words.press("Enter");
  await page.getByLabel("Custom range, Last 45m").waitFor();
  expect(new URL(page.url()).searchParams.get("range")).toBe("45m");
  const chart = await chartOf(page);
  const length = async () => await lengthOf(chart);
  await expect.poll(length).toBe(46 * MINUTE);
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.locator("a[data-range='15m'][aria-current]").waitFor();
});

/** Keeps the answers to some questions back until it is called. */
async function holding(page: Page, questions: RegExp): Promise<() => void> {
  let release: () => void = () => undefined;
  const held = new Promise<void>((done) => (release = done));
  await page.route(questions, async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  return () => release();
}

test("a table shows no rows of another range while its answer is on the way", async () => {
  const page = await open("/?range=6h&metric=shop.orders&table=true");
  const table = page.locator(".table");
  const rows = table.locator("tbody tr");
  await page.locator(".table[aria-busy=false]").waitFor();
  await expect.poll(() => rows.count()).toBeGreaterThan(350);
  const release = await holding(page, /api\/v1\/query.*from=-1h/);
  await page.locator("a[data-range='1h']").click();
  await page.locator(".table[aria-busy=true]").waitFor();
  await expect.poll(() => rows.count()).toBeGreaterThan(50);
  await expect.poll(() => rows.count()).toBeLessThanOrEqual(60);
  release();
  await page.locator(".table[aria-busy=false]").waitFor();
  await expect.poll(() => rows.count()).toBeLessThanOrEqual(60);
});

test("the period before goes with its period", async () => {
  const page = await open("/?range=6h&metric=shop.orders&compare=period");
  await page.locator('.chart[data-before="1"]').waitFor();
  const release = await holding(page, /api\/v1\/query/);
  await page.locator("a[data-range='1h']").click();
  await page.locator('.chart[data-current=false][data-before="0"]').waitFor();
  release();
  await page.locator('.chart[data-current=true][data-before="1"]').waitFor();
});

test("a zoom asks one question for each panel", async () => {
  const page = await open("/?range=24h&metric=shop.orders&metric=shop.orders&by=*&metric=other");
  const chart = await chartOf(page, '[data-metric="shop.orders"] >> nth=0');
  await liveOf(page);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (/api\/v1\/query.*from=\d/.test(request.url())) asked.push(request.url());
  });
  await drag(page, chart, 0.2, 0.4);
  await page.locator('.panel[aria-label="other"][data-state=empty]').waitFor();
  await page.locator("[data-state=ready] .chart[data-current=true]").nth(1).waitFor();
  expect(new Set(asked).size).toBe(3);
  expect(asked).toHaveLength(3);
});

test("an old answer never stands under a new name", async () => {
  const page = await open("/?metric=shop.orders");
  await chartOf(page);
  const release = await holding(page, /api\/v1\/query.*metric=other/);
  await page.locator('.metric[data-metric="other"]').click();
  const panel = page.locator('.panel[aria-label="other"]');
  await panel.waitFor();
  await expect.poll(() => panel.locator("canvas").count()).toBe(0);
  // After a moment it says that it waits.
  await panel.locator(".skeleton").waitFor();
  await page.locator('.metric[data-metric="shop.orders"]').click();
  await chartOf(page, '[data-metric="shop.orders"]');
  release();
  await chartOf(page, '[data-metric="shop.orders"]');
  await expect.poll(() => page.locator('.panel[aria-label="other"]').count()).toBe(0);
});

describe("samples", () => {
  const near = `from=${PROBED + 28 * MINUTE}&to=${PROBED + 36 * MINUTE}`;

  test("have their own time in the tooltip and the table; a minute that keeps none has its period", async () => {
    const page = await open(`/?${near}&metric=probe.temp&zone=utc`);
    const chart = await chartOf(page, '[data-resolution="raw"]');
    const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);
    await chart.getByRole("application").focus();
    await page.keyboard.press("ArrowLeft");
    const last = PROBED + 35 * MINUTE + 50_250;
    await page.locator(".tooltip-time", { hasText: clock(last) }).waitFor();
    await page.getByRole("button", { name: "Show as table" }).click();
    const rows = page.locator(".table tbody tr");
    await rows.first().waitFor();
    await expect.poll(() => rows.first().locator("th").textContent()).toContain(clock(last));
    const collapsed = rows.filter({ hasText: "–" });
    await expect.poll(() => collapsed.locator("th").allTextContents()).toHaveLength(1);
    await expect.poll(() => collapsed.locator("td").allTextContents()).toContain("66");
  });

  test("of several series are drawn when each is a line of its own", async () => {
    const rows = [5, 15, 25].map((at) => PROBED + 31 * MINUTE + at * 1_000);
    await post({ name: "probe.two", labels: { host: "a" }, datapoints: rows.map((at) => [at, 1]) });
    await post({ name: "probe.two", labels: { host: "b" }, datapoints: rows.map((at) => [at + 3_000, 2]) }); // prettier-ignore
    const page = await open(`/?${near}&metric=probe.two`);
    await chartOf(page, '[data-resolution="minute"]');
    await page.locator("[data-no-samples]").waitFor();
    await page.getByLabel("Split by").selectOption("*");
    const chart = await chartOf(page, '[data-resolution="raw"][data-lines="2"]');
    await expect.poll(() => numberOf(chart, "buckets")).toBe(6);
  });

  test("can be chosen by hand, and follow what is posted", async () => {
    const page = await open("/?metric=probe.live&resolution=minute");
    await post({ name: "probe.live", datapoints: [[Date.now() - 40_000, 1], [Date.now() - 30_000, 2]] }); // prettier-ignore
    await chartOf(page, '[data-resolution="minute"]');
    await page.getByRole("link", { name: "Samples" }).click();
    await chartOf(page, '[data-resolution="raw"][data-buckets="2"]');
    expect(page.url()).toContain("resolution=raw");
    await liveOf(page);
    await post({ name: "probe.live", value: 3 });
    await chartOf(page, '[data-resolution="raw"][data-buckets="3"]');
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await post({ name: "probe.live", value: 4 });
    await chartOf(page, '[data-resolution="raw"][data-buckets="4"]');
    // The message itself had it.
    expect(asked.filter((url) => url.includes("resolution=raw"))).toEqual([]);
  });
});

describe("by hand", () => {
  const HOUR = 60 * MINUTE;
  const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  type Finger = readonly [x: number, y: number];
  /** Puts fingers down, moves them in steps, and lifts them. */
  async function swipe(page: Page, from: readonly Finger[], to: readonly Finger[]): Promise<void> {
    const session = await page.context().newCDPSession(page);
    const send = (type: "touchStart" | "touchMove" | "touchEnd", at: readonly Finger[]) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: at.map(([x, y], id) => ({ x, y, id })),
      });
    await send("touchStart", from);
    for (const part of [0.25, 0.5, 0.75, 1])
      await send(
        "touchMove",
        from.map(([x, y], i): Finger => [x + (to[i]![0] - x) * part, y + (to[i]![1] - y) * part]),
      );
    await send("touchEnd", []);
  }

  test("a finger moves, two zoom, a tap stays; the chart begins in the upper third", async () => {
    const [from, to] = [PROBED, PROBED + HOUR];
    const page = await open(`/?from=${from}&to=${to}&metric=shop.orders`, PHONE);
    const chart = await chartOf(page);
    const card = (await chart.boundingBox())!;
    expect(card.y).toBeLessThanOrEqual(PHONE.viewport.height / 3);
    const over = chart.locator(".u-over");
    // Fingers are followed by code that is loaded after the first chart.
    await expect
      .poll(() => over.evaluate((element) => getComputedStyle(element).touchAction))
      .toBe("pan-y");
    const box = (await over.boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await swipe(page, [[x, y]], [[x + box.width / 4, y]]);
    await chartOf(page, `[data-from="${from - HOUR / 4}"][data-to="${to - HOUR / 4}"]`);
    await swipe(
      page,
      [
        [x - 25, y],
        [x + 25, y],
      ],
      [
        [x - 50, y],
        [x + 50, y],
      ],
    );
    await expect
      .poll(async () => new URL(page.url()).searchParams.get("from"))
      .not.toBe(String(from - HOUR / 4));
    const zoomed = await chartOf(page);
    const length = await lengthOf(zoomed);
    expect(Math.abs(length - HOUR / 2)).toBeLessThanOrEqual(2 * MINUTE);
    // Also at either edge it is whole on the screen, and stays when the finger is gone.
    for (const part of [0.05, 0.95]) {
      await page.touchscreen.tap(box.x + box.width * part, y);
      const tooltip = (await page.locator("[data-tooltip]").boundingBox())!;
      expect(tooltip.x).toBeGreaterThanOrEqual(0);
      expect(tooltip.x + tooltip.width).toBeLessThanOrEqual(PHONE.viewport.width);
      expect(tooltip.y + tooltip.height).toBeLessThanOrEqual(PHONE.viewport.height);
    }
    await fits(page);
  });

  test("buttons move and zoom; what ends now goes on to", async () => {
    const page = await open("/?range=1h&metric=shop.orders");
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    await page.locator(".panel").waitFor();
    await press("Zoom out");
    await page.locator("a[data-range='3h'][aria-current]").waitFor();
    await press("Zoom in");
    await page.locator("a[data-range='1h'][aria-current]").waitFor();
    await press("Zoom in");
    await page.locator("a[data-range='15m'][aria-current]").waitFor();
    const [from, to] = [PROBED, PROBED + HOUR];
    await page.goto(`${store.server.url}/?from=${from}&to=${to}&metric=shop.orders`);
    await chartOf(page);
    await press("Earlier");
    await chartOf(page, `[data-from="${from - HOUR / 2}"][data-to="${to - HOUR / 2}"]`);
    await press("Later");
    await chartOf(page, `[data-from="${from}"][data-to="${to}"]`);
    await press("Zoom in");
    await chartOf(page, `[data-from="${from + HOUR / 4}"][data-to="${to - HOUR / 4}"]`);
    await press("Zoom out");
    await chartOf(page, `[data-from="${from}"][data-to="${to}"]`);
    await press("Back to the range before");
    await chartOf(page, `[data-from="${from + HOUR / 4}"]`);
  });
});

test("going live keeps how long the range is", async () => {
  const to = PROBED + 60 * MINUTE;
  const page = await open(`/?from=${to - 127 * MINUTE}&to=${to}&metric=shop.orders`);
  await chartOf(page);
  await expect
    .poll(async () => (await page.locator(".bar").boundingBox())?.height)
    .toBeLessThan(60);
  await page.getByText("Go live").click();
  await expect.poll(() => new URL(page.url()).searchParams.get("range")).toBe("127m");
  await liveOf(page);
});
