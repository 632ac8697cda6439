// For everyone: axe finds nothing in any state, in light, dark and forced colours; nothing is cut from 320 to
// 3,840 pixels, nor at 200 %; keys alone do; the page follows the reader's zone, theme and wish for less motion.

import type { Page, Response } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { weightOf } from "../support/weight.ts";
import {
  chartOf,
  findings,
  fits,
  keepTexts,
  lastMinutes,
  liveOf,
  MINUTE,
  SCHEMES,
  site,
  textsOf,
} from "./pages.ts";
import { cutOff, PANELS, SIZES, STATES, stopsOf } from "./states.ts";

const store = site();
const { open, post } = store;

beforeAll(() =>
  post([
    ...["a", "b", "c"].map((host, i) => ({
      name: "cpu.load",
      labels: { host },
      datapoints: lastMinutes(90, (ago) => i + (ago % 10) / 10),
    })),
    { name: "http.ms", value: 118 },
    ...["a", "b"].map((host) => ({
      name: "a.rather.long_name.of_a_metric_seconds",
      labels: { host },
      datapoints: lastMinutes(50, (ago) => ago % 10),
    })),
    { name: "long.ago", value: 5, timestamp: Date.now() - 26 * 60 * MINUTE },
  ]),
);

const NARROW = { width: 360, height: 740 };

/** The list of metrics on a narrow screen. */
async function openList(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Metrics", exact: true }).click();
  await page.locator('.metric[data-metric="http.ms"]').waitFor();
}

describe.each(STATES)("%s", (_, path, ready) => {
  test("axe finds nothing in light, dark and forced colours; at no size is anything cut", async () => {
    const page = await open(path, { colorScheme: "light" });
    await ready(page);
    // It looks at each element of a page as long as /docs.
    const clean = { timeout: 60_000 };
    await expect.poll(() => findings(page), clean).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => findings(page), clean).toEqual([]);
    await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
    await expect.poll(() => findings(page), clean).toEqual([]);
    await page.emulateMedia({ forcedColors: "none" });
    await expect.poll(() => cutOff(page)).toEqual([]);
    for (const [size, viewport] of SIZES) {
      await page.setViewportSize(viewport);
      await fits(page);
      await expect.poll(() => cutOff(page), { message: size }).toEqual([]);
      if (viewport.width < 1_280) await expect.poll(() => findings(page), clean).toEqual([]);
    }
  }, 240_000);

  test("keys alone lead everywhere, to what is seen", async () => {
    const page = await open(path);
    await ready(page);
    await expect.poll(() => stopsOf(page), { timeout: 60_000 }).toEqual([]);
  }, 120_000);
});

test("what is clipped, with nothing that tells or scrolls to it, is found by these looks", async () => {
  const page = await open("/embed?metric=cpu.load");
  await chartOf(page);
  await page.evaluate(() => {
    const add = (name: string, style: object, around: object): void => {
      const [outer, inner] = [document.createElement("div"), document.createElement(name)];
      outer.title = "What is around it";
      inner.textContent = "A text of some words";
      Object.assign(outer.style, { overflow: "clip", ...around });
      Object.assign(inner.style, style);
      outer.append(inner);
      document.body.append(outer);
    };
    add("p", { width: "40px", whiteSpace: "nowrap", overflow: "hidden" }, {});
    add("button", { marginLeft: "110vw" }, { height: "40px" });
    add("input", { width: "90px" }, { height: "0" });
  });
  const [cut, outside] = [/^cut: <p/, /^outside: <button/].map((one) => expect.stringMatching(one));
  await expect.poll(() => cutOff(page)).toEqual([cut, outside]);
  const hidden = ["button", "input"].map((name) =>
    expect.stringMatching(`^covered or out of sight: <${name}`),
  );
  await expect.poll(() => stopsOf(page)).toEqual(hidden);
});

test("the first stop of the Tab key leads past the bar and the list", async () => {
  const page = await open(PANELS);
  await chartOf(page, '[data-metric="http.ms"]');
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("charts");
});

for (const colorScheme of SCHEMES)
  test(`axe finds nothing in the list over a narrow page, ${colorScheme}`, async () => {
    const page = await open(PANELS, { colorScheme, viewport: NARROW });
    await chartOf(page, '[data-metric="http.ms"]');
    await openList(page);
    await expect.poll(() => findings(page)).toEqual([]);
  });

/** Bytes, gzipped: of the first view, and with what follows it by itself, such as the live feed. */
const MOST = { first: 60_000, script: 63_000, style: 9_000 };

test("the first view is light: whatever else there is, is loaded when it is used", async () => {
  const page = await open("/healthz");
  const responses: Response[] = [];
  page.on("response", (one) => responses.push(one));
  await page.goto(`${store.server.url}/?metric=cpu.load`);
  await chartOf(page);
  await liveOf(page);
  await page.locator('.metric[data-metric="http.ms"]').waitFor();
  await page.waitForLoadState("networkidle");
  const { first, script, style, files } = await weightOf(page, responses);
  expect(first, files.join("\n")).toBeLessThanOrEqual(MOST.first);
  // The first view is among them.
  expect(first).toBeGreaterThan(40_000);
  expect(script, files.join("\n")).toBeLessThanOrEqual(MOST.script);
  expect(style).toBeLessThanOrEqual(MOST.style);
});

describe("sizes", () => {
  test("360 pixels: nothing is cut off, and the list opens there", async () => {
    const page = await open(PANELS, { viewport: NARROW });
    await chartOf(page, '[data-metric="http.ms"]');
    await fits(page);
    await openList(page);
    const item = page.locator('.metric[data-metric="http.ms"]');
    await fits(page);
    await item.click();
    await chartOf(page, '[data-metric="http.ms"]');
    await expect.poll(() => page.locator(".panel").count()).toBe(1);
    await expect.poll(() => item.isVisible()).toBe(false);
    await page.goto(`${store.server.url}/?metric=cpu.load&where=host%3Da`);
    await page.getByLabel("Add a filter").click();
    await page.getByLabel("Value").waitFor();
    await fits(page);
    for (const path of ["/store", "/docs", "/embed?metric=cpu.load&by=host"]) {
      await page.goto(store.server.url + path);
      await page.getByRole("heading").first().waitFor();
      await fits(page);
    }
  });

  test("2560 pixels: panels stand side by side", async () => {
    const page = await open(PANELS, { viewport: { width: 2560, height: 1440 } });
    const first = await (await chartOf(page, '[data-metric="cpu.load"]')).boundingBox();
    const second = await (await chartOf(page, '[data-metric="http.ms"]')).boundingBox();
    expect(second!.y).toBe(first!.y);
    expect(second!.x).toBeGreaterThan(first!.x + first!.width);
    expect(first!.width).toBeGreaterThan(1_000);
    await fits(page);
  });
});

describe("themes", () => {
  const luminance = (page: Page): Promise<number> =>
    page.evaluate(() =>
      (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? [])
        .slice(0, 3)
        .reduce((sum, one) => sum + Number(one), 0),
    );

  test("dark when the system is, and changes with it", async () => {
    const page = await open(PANELS, { colorScheme: "dark" });
    await chartOf(page, '[data-metric="http.ms"]');
    expect(await luminance(page)).toBeLessThan(150);
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(() => luminance(page)).toBeGreaterThan(600);
  });

  test("as chosen here, also after a reload and in /docs", async () => {
    const page = await open(PANELS, { colorScheme: "light" });
    await page.getByLabel("Settings and more").click();
    await page.getByText("Dark", { exact: true }).click();
    await expect.poll(() => luminance(page)).toBeLessThan(150);
    await page.reload();
    await chartOf(page, '[data-metric="http.ms"]');
    expect(await luminance(page)).toBeLessThan(150);
    await page.goto(`${store.server.url}/docs`);
    expect(await luminance(page)).toBeLessThan(150);
  });

  test("nothing moves by itself for who asked for that", async () => {
    const page = await open(PANELS, { reducedMotion: "reduce" });
    await chartOf(page, '[data-metric="http.ms"]');
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

describe("zones", () => {
  /** The labels that the chart draws on its time axis, seen by who draws them. */
  const axisLabels = async (page: Page, path: string): Promise<string[]> => {
    await keepTexts(page);
    await page.goto(store.server.url + path);
    await chartOf(page);
    return textsOf(page);
  };

  // The night on which clocks go back: 02:00 (Berlin) and 01:00 (New York) come twice.
  const NIGHTS = [
    ["Europe/Berlin", Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 4)],
    ["America/New_York", Date.UTC(2026, 10, 1, 3), Date.UTC(2026, 10, 1, 9)],
  ] as const;

  for (const [timezoneId, from, to] of NIGHTS)
    test(`the axis is right when clocks go back in ${timezoneId}`, async () => {
      await post({
        name: `night.${timezoneId}`,
        datapoints: Array.from({ length: 12 }, (_, i) => [from + i * 30 * MINUTE, i]),
      });
      const page = await open("/docs", { timezoneId });
      const path = `/?from=${from}&to=${to}&resolution=hour&metric=night.${timezoneId}`;
      const labels = await axisLabels(page, path);
      const twice = timezoneId === "Europe/Berlin" ? "02:00" : "01:00";
      // Told apart by what stands below each.
      const below = labels.flatMap((text, i) => (text === twice ? [labels[i + 1]!] : []));
      expect(new Set(below)).toEqual(
        new Set(timezoneId === "Europe/Berlin" ? ["GMT+2", "GMT+1"] : ["GMT-4", "GMT-5"]),
      );
      expect(labels).toContain("00:00");
      await expect.poll(() => page.locator(".foot").textContent()).toContain(timezoneId);
    });

  test("UTC when that is asked for", async () => {
    const page = await open("/docs", { timezoneId: "Asia/Kolkata" });
    const until = Math.floor(Date.now() / (60 * MINUTE)) * 60 * MINUTE;
    const path = `/?from=${until - 60 * MINUTE}&to=${until}&metric=cpu.load`;
    const hour = (zone: string): string =>
      new Date(until - 30 * MINUTE).toLocaleTimeString("en-GB", {
        hour: "2-digit",
        minute: "2-digit",
        timeZone: zone,
      });
    expect(await axisLabels(page, path)).toContain(hour("Asia/Kolkata"));
    const utc = await axisLabels(page, `${path}&zone=utc`.replace("?from", "?zone=utc&from"));
    expect(utc).toContain(hour("UTC"));
  });
});
