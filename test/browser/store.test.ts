// The operator's view: shards, D1, rows of today, and what the month will cost.

import { beforeAll, expect, test } from "vitest";
import { chartOf, site } from "./pages.ts";

const store = site({ vars: { OPEN: "local", SHARDS: "2" } });
const { open, post } = store;

beforeAll(() => post(["a", "b", "c", "d"].map((name) => ({ name, value: 1 }))));

test("tells what /api/v1/status tells, and prices it", async () => {
  const page = await open("/?metric=a");
  await chartOf(page);
  await page.getByLabel("Settings and more").click();
  await page.getByRole("link", { name: /^Store/ }).click();
  expect(new URL(page.url()).pathname).toBe("/store");
  await page.getByRole("heading", { name: "Store" }).waitFor();
  const shards = page.getByRole("table").first();
  await shards.waitFor();
  expect(await shards.locator("tbody tr").count()).toBe(2);
  for (const text of ["D1", "Rows", "Version"])
    await page.getByText(text, { exact: false }).first().waitFor();
  expect(await page.locator("meter, [role=meter]").count()).toBeGreaterThan(3);
  await page.getByText("$", { exact: false }).first().waitFor();
  await page.goBack();
  await chartOf(page, '[data-metric="a"]');
});

test("says when the server does not answer, and keeps what it knew", async () => {
  const page = await open("/store");
  await page.getByRole("table").first().waitFor();
  await page.route("**/api/v1/status", (route) => route.abort());
  await page.getByText("What you see is of").waitFor();
  expect(await page.getByRole("table").first().locator("tbody tr").count()).toBe(2);
});
