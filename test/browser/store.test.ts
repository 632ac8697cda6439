// The operator's view: shards, databases, rows of today, and what the month will cost.

import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { answered, bytesOf, type StatusAnswer } from "../../src/core/api.ts";
import { billOf, monthOf } from "../../src/core/bill.ts";
import { chartOf, site } from "./pages.ts";

const store = site({ vars: { OPEN: "local", SHARDS: "2" }, databases: 2 });
const { open, post } = store;

beforeAll(() => post(["a", "b", "c", "d"].map((name) => ({ name, value: 1 }))));

/** A number at the top of the page. */
const totalOf = (page: Page, name: string): Promise<string | null> =>
  page
    .locator(".store-totals > div")
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator("dd")
    .textContent();

const sinceMidnight = (answer: StatusAnswer): StatusAnswer => ({
  ...answer,
  today: { ...answer.today, since: 0 },
});

/** What a month costs by the counts of the API, as the page is to say it. */
function toPay({ today, now, shards, databases }: StatusAnswer): string | undefined {
  const { usage } = monthOf(today, now, { shards: shards.length, d1Bytes: bytesOf(databases) });
  return usage && `$${billOf(usage).total.toFixed(2)}`;
}

test("tells what /api/v1/status tells, and prices it", async () => {
  const page = await open("/?metric=a");
  // Of a store that was used all day: of one that was begun now it is too early to say.
  await page.route("**/api/v1/status", async (route) => {
    await route.fulfill({ json: sinceMidnight(await (await route.fetch()).json()) });
  });
  await chartOf(page);
  await page.getByLabel("Settings and more").click();
  await page.getByRole("link", { name: "Store: shards, rows, bill" }).click();
  expect(new URL(page.url()).pathname).toBe("/store");
  await page.getByRole("heading", { name: "Store" }).waitFor();
  const shards = page.getByRole("table").first();
  await shards.waitFor();
  await expect.poll(() => shards.locator("tbody tr").count()).toBe(2);
  const databases = page.getByRole("table").nth(1);
  await expect.poll(() => databases.locator("tbody th").allTextContents()).toEqual(["DB", "DB_1"]);
  await expect.poll(() => databases.getByRole("meter").count()).toBe(2);

  const status = await fetch(`${store.server.url}/api/v1/status`);
  const answer: StatusAnswer = sinceMidnight(await status.json());
  const series = answer.shards.reduce(
    (sum, shard) => sum + (answered(shard) ? shard.series : 0),
    0,
  );
  expect(series).toBe(4);
  await expect.poll(() => totalOf(page, "Series")).toBe(String(series));
  await expect.poll(() => totalOf(page, "Version")).toBe(answer.version);
  const costs = toPay(answer);
  // The first hour of a UTC day is too short for an estimate.
  if (costs === undefined) await page.getByText("Too early to say").waitFor();
  else {
    await expect.poll(() => page.getByRole("meter").count()).toBeGreaterThan(5);
    const sum = page.getByRole("row", { name: "To pay" }).getByRole("cell").last();
    await expect.poll(() => sum.textContent()).toBe(costs);
    await expect.poll(() => totalOf(page, "A month at this pace")).toBe(costs);
  }
  await page.goBack();
  await chartOf(page, '[data-metric="a"]');
});

test("a store that is used since less than an hour has no pace yet, and says since when", async () => {
  const page = await open("/store");
  await page.getByText("since the first use today, at").waitFor();
  await page.getByText("Too early to say: less than an hour").waitFor();
});

test("says what to look at, and what is to be done about it", async () => {
  const page = await open("/store");
  await page.getByText("Nothing to do").waitFor();
  const bad = JSON.stringify([{ name: "a", value: "x" }]);
  await fetch(`${store.server.url}/api/v1/points`, { method: "POST", body: bad });
  await page.reload();
  const sign = page.locator('[data-sign="points-refused"]');
  await sign.getByText("1 invalid_point").waitFor();
  await sign.getByRole("link").click();
  await page.locator("#sign-points-refused").getByText("invalid_point").waitFor();
  expect(new URL(page.url()).pathname).toBe("/docs");
});

test("says when the server does not answer, and keeps what it knew", async () => {
  const page = await open("/store");
  await page.getByRole("table").first().waitFor();
  await page.route("**/api/v1/status", (route) => route.abort());
  await page.getByText("What you see is of").waitFor();
  await expect.poll(() => page.getByRole("table").first().locator("tbody tr").count()).toBe(2);
});

test("names a database that does not answer, and tells what cannot be read", async () => {
  const page = await open("/store");
  await page.route("**/api/v1/status", async (route) => {
    const answer: StatusAnswer = await (await route.fetch()).json();
    const [first] = answer.databases;
    const unreadable = [{ metric: "a", labels: {}, from: 0, to: 3_600_000, message: "corrupt" }];
    const databases = [
      { ...first, unreadableHours: 1, unreadable },
      { name: "DB_1", limitBytes: 1e10, error: "Network connection lost." },
    ];
    await route.fulfill({ json: { ...answer, databases } });
  });
  const row = page.getByRole("row", { name: "DB_1" });
  await row.getByText("Network connection lost.").waitFor();
  await page.getByText("DB: a, ").waitFor();
  await expect.poll(() => totalOf(page, "D1")).toBe("no answer");
});
