// The page with data: list, chart, resolution, zoom, split, live, themes and widths.

import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { chartOf, lastMinutes, liveOf, MINUTE, numberOf, site } from "./pages.ts";

const store = site();
const { open, post } = store;

const CPU = "/?metric=cpu.load";

/** Start of the minute in which the points below were made. */
let seeded = 0;

beforeAll(async () => {
  seeded = Math.floor(Date.now() / MINUTE) * MINUTE;
  const load = (host: string, base: number) => ({
    name: "cpu.load",
    labels: { host },
    // A hole of five minutes, half an hour ago.
    datapoints: lastMinutes(180, (ago) =>
      ago >= 30 && ago < 35 ? undefined : base + (ago % 7) / 10,
    ),
  });
  await post([
    load("a", 1),
    load("b", 3),
    { name: "http.ms", value: 118 },
    { name: "http.errors", value: 2 },
    { name: "long.ago", value: 5, timestamp: Date.now() - 26 * 60 * MINUTE },
    { name: "extreme", datapoints: lastMinutes(3, (ago) => (ago === 2 ? 1.7e308 : -1.7e308)) },
  ]);
});

const overflows = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

/** Waits for the first question to the server that `matches`. */
const question = (page: Page, part: string): Promise<unknown> =>
  page.waitForRequest(
    (request) => request.url().includes("/api/v1/query") && request.url().includes(part),
  );

describe("the list", () => {
  test("shows all metrics with their last value, and opens one", async () => {
    const page = await open("/");
    const item = page.locator('.metric[data-metric="http.ms"]');
    expect(await item.locator(".value").textContent()).toBe("118");
    // Without a metric in the address, the first is chosen.
    await chartOf(page, '[data-metric="cpu.load"]');
    await item.click();
    await chartOf(page, '[data-metric="http.ms"]');
    expect(page.url()).toContain("metric=http.ms");
    await page.goBack();
    await chartOf(page, '[data-metric="cpu.load"]');
  });

  test("searches on the server, from the keyboard", async () => {
    const page = await open(CPU);
    await chartOf(page);
    await page.keyboard.press("/");
    await page.keyboard.type("http");
    await page.locator('.metrics[data-searched="http"]').waitFor();
    const names = page.locator(".metric .name");
    expect(await names.allTextContents()).toEqual(["http.errors", "http.ms"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await chartOf(page, '[data-metric="http.ms"]');
    await page.locator("input[type=search]").fill("nothing.like.it");
    await page.getByText("Nothing like").waitFor();
  });

  test("follows the cursor when there are many", async () => {
    await post(Array.from({ length: 230 }, (_, i) => ({ name: `many.${1000 + i}`, value: i })));
    const page = await open(CPU);
    await page.locator("input[type=search]").fill("many.");
    await page.locator('.metrics[data-searched="many."]').waitFor();
    await page.locator(".more").scrollIntoViewIfNeeded();
    await page.locator('.metric[data-metric="many.1229"]').waitFor();
    expect(await page.locator(".metric").count()).toBe(230);
  });
});

describe("the chart", () => {
  test("draws the merged line with its gap and the bucket that is filling", async () => {
    // Also of the next minute, which may have come before the page looks.
    const now = Date.now();
    const before = lastMinutes(90, (ago) => (ago >= 30 && ago < 35 ? undefined : ago % 7));
    const datapoints = [...before, [now, 2], [now + MINUTE, 3]];
    await post({ name: "drawn", datapoints, labels: { host: "a" } });
    await post({ name: "drawn", datapoints, labels: { host: "b" } });
    const page = await open("/?metric=drawn");
    const chart = await chartOf(page);
    expect(await chart.getAttribute("data-resolution")).toBe("minute");
    expect(await numberOf(chart, "lines")).toBe(1);
    expect(await numberOf(chart, "gaps")).toBe(1);
    expect(await numberOf(chart, "open")).toBe(1);
    expect(await numberOf(chart, "buckets")).toBeGreaterThanOrEqual(54);
    expect(await page.locator("[data-total=max]").textContent()).toBe("6");
    const painted = await chart.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext("2d");
      const { data } = context!.getImageData(0, 0, canvas.width, canvas.height);
      // Pixels that are clearly blue: the line and its band, not the axes.
      let blue = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 2]! - data[i]! > 60 && data[i + 3]! > 40) blue++;
      return blue;
    });
    expect(painted).toBeGreaterThan(200);
    expect(await page.locator(".foot").textContent()).toContain("Europe/Berlin (GMT+1)");
  });

  test("tells the numbers under the crosshair and of the range", async () => {
    const page = await open(CPU);
    const chart = await chartOf(page);
    const box = (await chart.locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 2);
    const tooltip = page.locator("[data-tooltip]");
    await tooltip.waitFor();
    expect(await tooltip.locator("[data-value=count]").textContent()).toBe("2");
    const number = async (name: string): Promise<number> =>
      Number(await tooltip.locator(`[data-value=${name}]`).textContent());
    expect((await number("max")) - (await number("min"))).toBeCloseTo(2);
    expect(await number("avg")).toBeCloseTo((await number("sum")) / 2);
    expect(Number(await page.locator("[data-total=min]").textContent())).toBe(1);
    // The middle of the hole.
    const [from, to] = [await numberOf(chart, "from"), await numberOf(chart, "to")];
    const hole = seeded - 32.5 * MINUTE;
    await page.mouse.move(box.x + (box.width * (hole - from)) / (to - from), box.y + 20);
    await tooltip.getByText("No points here").waitFor();
  });

  test("asks another question when range or resolution change", async () => {
    const page = await open(CPU);
    await chartOf(page);
    let asked = question(page, "resolution=hour");
    await page.locator("a[data-resolution=hour]").click();
    await asked;
    let chart = await chartOf(page, '[data-resolution="hour"]');
    expect((await numberOf(chart, "to")) - (await numberOf(chart, "from"))).toBeLessThanOrEqual(
      120 * MINUTE,
    );
    expect(page.url()).toContain("resolution=hour");
    asked = question(page, "from=-7d");
    await page.locator("a[data-range='7d']").click();
    await asked;
    chart = await chartOf(page, '[data-resolution="hour"]');
    expect(await numberOf(chart, "buckets")).toBeGreaterThanOrEqual(3);
    await page.locator("a[data-resolution=day]").click();
    await chartOf(page, '[data-resolution="day"]');
    await page.locator("a[data-resolution=auto]").click();
    await chartOf(page, '[data-resolution="hour"]');
    // The resolution that "Auto" chose is marked.
    await page.locator("a.used[data-resolution=hour]").waitFor();
  });

  test("zooms by dragging, and goes back by a double click", async () => {
    const page = await open(`${CPU}&range=6h`);
    const chart = await chartOf(page);
    const [from, to] = [await numberOf(chart, "from"), await numberOf(chart, "to")];
    const box = (await chart.locator(".u-over").boundingBox())!;
    const y = box.y + box.height / 2;
    const asked = question(page, "to=1");
    await page.mouse.move(box.x + box.width * 0.6, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, y, { steps: 4 });
    await page.mouse.move(box.x + box.width * 0.8, y, { steps: 4 });
    await page.mouse.up();
    await asked;
    const near = await chartOf(page);
    expect(await numberOf(near, "from")).toBeGreaterThan(from + 0.5 * (to - from));
    expect(await numberOf(near, "to")).toBeLessThan(to - 0.1 * (to - from));
    await page.locator("[data-live=off]").waitFor();
    await page.mouse.dblclick(box.x + box.width / 2, y);
    await page.locator("a[data-range='6h'][aria-current]").waitFor();
    expect(await numberOf(await chartOf(page), "to")).toBeGreaterThanOrEqual(to);
    await liveOf(page);
  });

  test("splits by a label", async () => {
    const page = await open(CPU);
    await chartOf(page);
    const asked = question(page, "by=host");
    await page.getByLabel("Split by").selectOption("host");
    await asked;
    await chartOf(page, '[data-lines="2"]');
    expect(await page.locator(".totals tbody th").allTextContents()).toEqual(["host=a", "host=b"]);
    expect(page.url()).toContain("by=host");
  });

  test("offers a range with points when this one is empty", async () => {
    const page = await open("/?metric=long.ago");
    await page.locator("[data-state=empty]").waitFor();
    await page.getByRole("button", { name: "Show the last 7d" }).click();
    expect(await numberOf(await chartOf(page), "buckets")).toBe(1);
  });

  test("survives the largest numbers there are", async () => {
    const page = await open("/?metric=extreme");
    expect(await numberOf(await chartOf(page), "buckets")).toBe(3);
  });
});

describe("live", () => {
  test("a new point shows within 1.5 s, without a question for each", async () => {
    const page = await open("/?metric=http.ms&range=1h");
    await chartOf(page);
    await liveOf(page);
    const total = page.locator("[data-total=count]");
    let questions = 0;
    page.on("request", (request) => {
      if (request.url().includes("/api/v1/query")) questions++;
    });
    for (const round of [1, 2, 3]) {
      const before = Number(await total.textContent());
      await post({ name: "http.ms", value: 100 + round });
      const posted = performance.now();
      await page.waitForFunction(
        ([selector, count]) =>
          document.querySelector(String(selector))?.textContent === String(count),
        ["[data-total=count]", before + 1],
        { polling: "raf" },
      );
      expect(performance.now() - posted).toBeLessThan(1_500);
    }
    // One is allowed: minutes may be sealed at any time, and are asked for then.
    expect(questions).toBeLessThanOrEqual(1);
    expect(await page.locator("[data-total=last]").textContent()).toBe("103");
  });

  test("at hour resolution as well", async () => {
    const page = await open("/?metric=http.errors&range=7d");
    await chartOf(page, '[data-resolution="hour"]');
    await liveOf(page);
    const total = page.locator("[data-total=sum]");
    const before = Number(await total.textContent());
    await post({ name: "http.errors", value: 40 });
    const posted = performance.now();
    await total.getByText(String(before + 40), { exact: true }).waitFor();
    // The server is asked at most once a second, so this may take a little longer.
    expect(performance.now() - posted).toBeLessThan(5_000);
  });

  test("a series that is new joins the split", async () => {
    const page = await open(`${CPU}&by=host`);
    await chartOf(page, '[data-lines="2"]');
    await liveOf(page);
    await post({ name: "cpu.load", value: 5, labels: { host: "c" } });
    await chartOf(page, '[data-lines="3"]');
  });
});

describe("looks", () => {
  test("dark when the system is, and changes with it", async () => {
    const page = await open(CPU, { colorScheme: "dark" });
    await chartOf(page);
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const luminance = (text: string): number =>
      (text.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, one) => sum + Number(one), 0);
    expect(luminance(await ground())).toBeLessThan(150);
    await page.emulateMedia({ colorScheme: "light" });
    await chartOf(page);
    expect(luminance(await ground())).toBeGreaterThan(600);
  });

  test("fits a screen of 360 pixels, and the list opens there", async () => {
    const page = await open(`${CPU}&by=host`, { viewport: { width: 360, height: 740 } });
    await chartOf(page);
    expect(await overflows(page)).toBe(false);
    await page.getByRole("button", { name: "Metrics", exact: true }).click();
    const item = page.locator('.metric[data-metric="http.ms"]');
    await item.waitFor();
    expect(await overflows(page)).toBe(false);
    await item.click();
    await chartOf(page, '[data-metric="http.ms"]');
    expect(await item.isVisible()).toBe(false);
  });
});

describe("/docs", () => {
  test("lists every operation of the document", async () => {
    const page = await open("/docs");
    await page.locator("[data-operation]").first().waitFor();
    const document: { paths: Record<string, Record<string, unknown>> } = await (
      await fetch(`${store.server.url}/openapi.json`)
    ).json();
    const expected = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = await page
      .locator("[data-operation]")
      .evaluateAll((all) => all.map((one) => one.getAttribute("data-operation")));
    expect(shown).toEqual(expected);
    const points = page.locator('[data-operation="POST /api/v1/points"]');
    expect(await points.locator(".command").textContent()).toContain(`-d '{"name":"cpu.load"`);
    await points.locator('[data-parameter="precision"]').waitFor();
  });

  test("fits a screen of 360 pixels", async () => {
    const page = await open("/docs", { viewport: { width: 360, height: 740 } });
    await page.locator("[data-operation]").first().waitFor();
    expect(await overflows(page)).toBe(false);
  });
});
