// The time before minutes are kept: hours stand there, and the page says so.

import { beforeAll, expect, test } from "vitest";
import { chartOf, legendOf, MINUTE, numberOf, question, site } from "./pages.ts";

const { open, post } = site();

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A whole hour of 20 days ago, and one of today. */
let [then, today] = [0, 0];

beforeAll(async () => {
  const now = Date.now();
  then = Math.floor((now - 20 * DAY) / HOUR) * HOUR;
  today = Math.floor(now / MINUTE) * MINUTE - 10 * MINUTE;
  const old = (hour: number, value: number): [number, number][] =>
    Array.from({ length: 3 }, (_, i) => [then + hour * HOUR + i * MINUTE, value + i]);
  await post([
    { name: "old.load", labels: { host: "a" }, datapoints: [...old(0, 10), ...old(1, 20)] },
    {
      name: "old.load",
      labels: { host: "a" },
      datapoints: [
        [today, 1],
        [today + MINUTE, 2],
      ],
    },
    { name: "old.load", labels: { host: "b" }, datapoints: old(1, 100) },
  ]);
});

test("minutes of a time before they are kept: hours are drawn, not nothing without a word", async () => {
  const page = await open(
    `/?from=${then - HOUR}&to=${then + 3 * HOUR}&resolution=minute&metric=old.load`,
  );
  const chart = await chartOf(page, '[data-older="hour"]');
  await expect.poll(() => numberOf(chart, "buckets")).toBe(2);
  await expect.poll(() => legendOf(page, "count").textContent()).toBe("9");
  await page
    .locator(".foot")
    .getByText(/By the hour: minutes are kept from .* on/)
    .waitFor();
  // The numbers are those of an hour, and say so.
  await chart.getByRole("application").focus();
  await page.keyboard.press("ArrowRight");
  await page
    .locator("[data-tooltip]")
    .getByText(/, \d\d:00 – \d\d:00$/)
    .waitFor();
  await page.getByRole("button", { name: "Show as table" }).click();
  const rows = page.getByRole("region", { name: "Buckets of old.load" }).locator("tbody th");
  await expect
    .poll(() => rows.allTextContents())
    .toEqual([
      expect.stringMatching(/, \d\d:00 – \d\d:00$/),
      expect.stringMatching(/, \d\d:00 – \d\d:00$/),
    ]);
});

test("a range that reaches back so far: hours first, then minutes, of each series", async () => {
  const page = await open("/?range=30d&resolution=minute&metric=old.load&by=host");
  const chart = await chartOf(page, '[data-older="hour"][data-lines="2"]');
  await expect.poll(() => numberOf(chart, "buckets")).toBe(5);
  await expect.poll(() => legendOf(page, "max", "host=a").textContent()).toBe("22");
  await expect.poll(() => legendOf(page, "last", "host=a").textContent()).toBe("2");
  await page
    .locator(".foot")
    .getByText(/By the minute, before .* by the hour: minutes are not kept longer/)
    .waitFor();
  // What is kept is asked once: live minutes do not ask for hours again.
  let again = 0;
  page.on("request", (request) => {
    if (request.url().includes("resolution=hour")) again++;
  });
  const asked = question(page, "resolution=minute");
  await page.getByLabel("Download and copy").click();
  await page.getByRole("button", { name: "Load again" }).click();
  await asked;
  await chartOf(page, '[data-older="hour"]');
  expect(again).toBe(0);
});

test("minutes that are kept are not asked twice, and nothing is said", async () => {
  const page = await open("/?metric=old.load&resolution=minute");
  await chartOf(page, '[data-older=""]');
  await expect.poll(() => page.locator(".foot").textContent()).toMatch(/^By the minuteTimes/);
});

test("the period before that is no longer kept is not missed in silence", async () => {
  const [from, to] = [Date.now() - 12 * DAY, Date.now() + HOUR].map((at) => Math.floor(at));
  const page = await open(
    `/?from=${from}&to=${to}&resolution=minute&compare=period&metric=old.load`,
  );
  await chartOf(page);
  await page
    .locator(".foot")
    .getByText("Of the period before, only a part is kept by the minute")
    .waitFor();
});
