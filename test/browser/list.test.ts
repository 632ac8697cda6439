// The list of metrics: sparklines, search, keyboard, and thousands of rows.

import { beforeAll, describe, expect, test } from "vitest";
import { chartOf, focusedOn, lastMinutes, site } from "./pages.ts";

const store = site();
const { open, post } = store;

const CPU = "/?metric=cpu.load";
const MANY = 5_000;

beforeAll(async () => {
  await post([
    { name: "cpu.load", datapoints: lastMinutes(40, (ago) => ago % 9) },
    { name: "http.errors", value: 2 },
    { name: "http.time", value: 118 },
  ]);
  for (let i = 0; i < MANY; i += 1_000)
    await post(
      Array.from({ length: 1_000 }, (_, n) => ({ name: `many.${10_000 + i + n}`, value: n })),
    );
});

test("shows each metric with its last value and last hour, and opens one", async () => {
  const page = await open("/");
  // Without a metric in the address, the first is chosen.
  await chartOf(page, '[data-metric="cpu.load"]');
  const item = page.locator('.metric[data-metric="http.time"]');
  await expect.poll(() => item.locator(".value").textContent()).toBe("118");
  const path = await page.locator('.metric[data-metric="cpu.load"] svg path').first();
  expect((await path.getAttribute("d"))!.length).toBeGreaterThan(100);
  await item.click();
  await chartOf(page, '[data-metric="http.time"]');
  expect(page.url()).toContain("metric=http.time");
  await page.goBack();
  await chartOf(page, '[data-metric="cpu.load"]');
  // Where the reader was is where the page opens.
  await page.locator('.metric[data-metric="http.time"]').click();
  await page.getByRole("link", { name: "6h" }).click();
  await chartOf(page, '[data-metric="http.time"]');
  await page.goto(`${store.server.url}/`);
  await chartOf(page, '[data-metric="http.time"]');
  expect(page.url()).toContain("range=6h");
});

test("a link to a metric keeps the range on view", async () => {
  const page = await open(CPU);
  await chartOf(page);
  await page.getByRole("link", { name: "6h" }).click();
  await page
    .locator('.metric[data-metric="http.time"][href="/?range=6h&metric=http.time"]')
    .waitFor();
});

test("the list with its sparklines is one request", async () => {
  const page = await open("/docs");
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/metrics?")) asked.push(request.url());
  });
  await page.goto(`${store.server.url}${CPU}`);
  await page.locator('.metric[data-metric="cpu.load"] svg path').first().waitFor();
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain("sparkline=true");
});

test("a part of the store that does not answer is told above what is there", async () => {
  const page = await open("/docs");
  await page.route("**/api/v1/metrics?**", async (route) => {
    const response = await route.fetch();
    const missing = [{ shard: 2, message: "shard 2 did not answer" }];
    await route.fulfill({ response, json: { ...(await response.json()), missing } });
  });
  await page.goto(`${store.server.url}${CPU}`);
  await page.getByText("Some may be missing: shard 2 did not answer.").waitFor();
  await page.locator('.metric[data-metric="cpu.load"]').waitFor();
});

test("a metric that is not there leads to the ones most like it", async () => {
  await post({ name: "kettle.temperature", value: 94 });
  const page = await open("/?metric=kettle.temprature&stat=max");
  const failed = page.locator("[data-state=failed]");
  await failed.getByRole("heading", { name: "No such metric" }).waitFor();
  await failed.getByRole("button", { name: "kettle.temperature" }).click();
  await chartOf(page, '[data-metric="kettle.temperature"]');
  expect(new URL(page.url()).search).toBe("?metric=kettle.temperature&stat=max");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent))
    .toBe("kettle.temperature");
});

describe("the keyboard", () => {
  test("searches, walks, opens, adds, and clears", async () => {
    const page = await open(CPU);
    await chartOf(page);
    await page.keyboard.press("/");
    await page.keyboard.type("http");
    await page.locator('.metrics[data-searched="http"]').waitFor();
    await expect
      .poll(() => page.locator(".metric .name").allTextContents())
      .toEqual(["http.errors", "http.time"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await chartOf(page, '[data-metric="http.time"]');
    await page.keyboard.press("/");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Shift+Enter");
    await chartOf(page, '[data-metric="http.errors"]');
    await chartOf(page, '[data-metric="http.time"]');
    await expect.poll(() => page.locator(".panel").count()).toBe(2);
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    await page.locator('.metrics[data-searched=""]').waitFor();
    await page.locator("input[type=search]").fill("nothing.like.it");
    await page.getByText("Nothing like").waitFor();
  });

  test("adds a panel from the row as well", async () => {
    const page = await open(CPU);
    await chartOf(page);
    const row = page.locator('.metric[data-metric="http.time"]');
    await row.hover();
    await page.getByRole("button", { name: "Add http.time to the page" }).click();
    await chartOf(page, '[data-metric="http.time"]');
    await expect.poll(() => page.locator(".panel").count()).toBe(2);
  });
});

test("words in any order, with errors, without diacritics, in labels: what was found is marked", async () => {
  await post([
    { name: "LÄRM.pegel", value: 55, labels: { raum: "Küche" } },
    { name: "room.temperature", value: 21 },
  ]);
  const page = await open(CPU);
  await chartOf(page);
  const finds = async (words: string, name: string, marked: readonly string[]): Promise<void> => {
    await page.locator("input[type=search]").fill(words);
    await page.locator(`.metrics[data-searched="${words}"]`).waitFor();
    await expect
      .poll(() =>
        page.locator(".metric").evaluateAll((all) => all.map((one) => one.dataset.metric)),
      )
      .toEqual([name]);
    await expect.poll(() => page.locator(".metric mark").allTextContents()).toEqual(marked);
  };
  await finds("larm", "LÄRM.pegel", ["LÄRM"]);
  await finds("load cpu", "cpu.load", ["cpu", "load"]);
  await finds("temprature room", "room.temperature", ["room", "temperature"]);
  await finds("kuche", "LÄRM.pegel", ["Küche"]);
  await expect.poll(() => page.locator(".found").textContent()).toBe("raum=Küche");
});

test("starred metrics come first; the list is by name, activity or value", async () => {
  await post({ name: "old.one", value: 1, timestamp: Date.now() - 3 * 3_600_000 });
  const page = await open(CPU);
  await chartOf(page);
  const first = (): Promise<string | undefined> =>
    page
      .locator('.metrics li[aria-posinset="1"] .metric')
      .evaluate((one: HTMLElement) => one.dataset.metric);
  await page.locator('.metric[data-metric="http.time"]').hover();
  await page.getByRole("button", { name: "Star http.time" }).click();
  await expect.poll(first).toBe("http.time");
  await page.reload();
  await expect.poll(first).toBe("http.time");
  await page.getByRole("button", { name: "Star http.time" }).click();
  await expect.poll(first).not.toBe("http.time");
  await page.getByLabel("Order of the metrics").selectOption("value");
  await expect.poll(first).toBe(`many.${10_000 + 999}`);
  await page.getByLabel("Order of the metrics").selectOption("activity");
  await page.locator("input[type=search]").fill("o");
  const old = page.locator('.metric[data-metric="old.one"][data-stale="true"]');
  await old.waitFor();
});

test("what was open before, and what has a star, has a heading; what is shown is on view", async () => {
  const page = await open("/?metric=many.10020");
  await chartOf(page);
  await page.goto(`${store.server.url}/?metric=many.12500`);
  await chartOf(page, '[data-metric="many.12500"]');
  const headings = page.locator(".metrics .section h2");
  await expect.poll(() => headings.allTextContents()).toEqual(["Recent", "All others"]);
  // In groups, of which its own is closed: that one is marked.
  const group = page.getByRole("button", { name: "many. 4,999 metrics" });
  await expect.poll(() => group.getAttribute("aria-current")).toBe("true");
  await page.locator('.metric[data-metric="http.time"]').hover();
  await page.getByRole("button", { name: "Star http.time" }).click();
  await expect.poll(() => headings.allTextContents()).toEqual(["Starred", "Recent", "All others"]);
  // They are not stops of the arrows, nor counted.
  const rows = page.locator(".metrics li:not(.section):not(.bones)");
  await expect.poll(() => rows.first().getAttribute("aria-posinset")).toBe("1");
  const focused = (): Promise<string | undefined> =>
    page.evaluate(() => (document.activeElement as HTMLElement).dataset.metric);
  await page.keyboard.press("/");
  await page.keyboard.press("ArrowDown");
  await expect.poll(focused).toBe("http.time");
  await page.keyboard.press("ArrowDown");
  await expect.poll(focused).toBe("many.10020");
  await page.keyboard.press("ArrowUp");
  await expect.poll(focused).toBe("http.time");
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("INPUT");
  await group.click();
  await page.reload();
  const shown = page.locator('.metric[data-metric="many.12500"][aria-current]');
  await shown.locator(".value").waitFor();
  const isOnView = (): Promise<boolean> =>
    shown.evaluate((one) => {
      const { top, bottom } = one.getBoundingClientRect();
      const box = one.closest(".scroll")!.getBoundingClientRect();
      return top >= box.top && bottom <= box.bottom;
    });
  await expect.poll(isOnView).toBe(true);
  // It has a row of its own by now: its group, closed, is not marked as well.
  const rest = page.getByRole("button", { name: /^many\. / });
  await rest.press("ArrowLeft");
  await expect.poll(() => rest.getAttribute("aria-expanded")).toBe("false");
  await expect.poll(() => page.locator('.metric[aria-current="true"]').count()).toBe(1);
  // A look elsewhere is not taken back when numbers come.
  await page.locator(".scroll").evaluate((box) => box.scrollTo(0, 0));
  await headings.first().waitFor();
  await page.getByRole("link", { name: "6h" }).click();
  await chartOf(page);
  await expect.poll(() => page.locator(".scroll").evaluate((box) => box.scrollTop)).toBe(0);
});

test('"/" and words typed before the page is there are in the search box', async () => {
  const page = await open("/docs");
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route("**/assets/*.js", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${store.server.url}${CPU}`, { waitUntil: "commit" });
  await page.waitForFunction(() => "takeTyped" in window);
  await page.keyboard.type("/http");
  letGo();
  const field = page.locator("input[type=search]");
  await expect.poll(() => field.inputValue()).toBe("http");
  await page.keyboard.type(".t");
  await page.locator('.metric[data-metric="http.time"] mark').first().waitFor();
  await expect.poll(() => page.locator(".metric").count()).toBe(1);
});

test("a metric is told about, set, and deleted with its name typed", async () => {
  for (const host of ["a", "b", "c"])
    await post({ name: "about.it", value: 1, labels: { host, zone: "eu" } });
  const page = await open("/?metric=about.it");
  await chartOf(page);
  const openSheet = async (): Promise<void> => {
    await page.locator(".panel summary[aria-label], .panel summary").last().click();
    await page.getByRole("button", { name: "About this metric" }).click();
  };
  await openSheet();
  const sheet = page.getByRole("dialog", { name: "about.it" });
  await sheet.getByText("zone · 1 value").click();
  await sheet.getByText("3 series").last().waitFor();
  await sheet.getByLabel("Unit").fill("By");
  await sheet.locator("select[name=type]").selectOption("gauge");
  await sheet.getByLabel("What it is").fill("Bytes on the way.");
  await sheet.getByRole("button", { name: "Save" }).click();
  await sheet.getByText(/Set by hand: (?=.*type)(?=.*unit)(?=.*help)/).waitFor();
  // It is said, and who saves by keys is where they were.
  const saved = sheet.getByRole("status").filter({ hasText: "Saved: it counts more" });
  await saved.waitFor();
  expect(await focusedOn(page)).toBe("Save");
  await sheet.getByLabel("Unit").fill("");
  await sheet.getByRole("button", { name: "Save" }).press("Enter");
  await sheet.getByText(/Set by hand: (?!.*unit)(?=.*help)/).waitFor();
  await saved.waitFor();
  // Half a word stays though the metric goes meanwhile, and comes back.
  const help = sheet.getByLabel("What it is");
  await help.fill("Bytes on the");
  await fetch(`${store.server.url}/api/v1/metric?name=about.it`, { method: "DELETE" });
  const gone = sheet.getByRole("alert");
  await gone.waitFor();
  await post({ name: "about.it", value: 1, labels: { host: "a" } });
  await gone.waitFor({ state: "detached" });
  expect(await help.inputValue()).toBe("Bytes on the");
  const remove = sheet.getByRole("button", { name: "Delete about.it" });
  await expect.poll(() => remove.isDisabled()).toBe(true);
  await sheet.getByLabel("type its name").fill("about.it");
  await remove.click();
  await page.locator('.metric[data-metric="cpu.load"]').waitFor();
  await expect.poll(() => page.locator('.metric[data-metric="about.it"]').count()).toBe(0);
});

describe("5,000 metrics", () => {
  test("are a group of their prefix, opened by click and keys, as it was the next time", async () => {
    const page = await open(CPU);
    await chartOf(page);
    const group = page.getByRole("button", { name: "many. 5,000 metrics" });
    await group.waitFor();
    // What few names begin with is no group.
    await page.locator('.metric[data-metric="http.time"] .value', { hasText: "118" }).waitFor();
    await expect.poll(() => page.locator('.metric[data-metric^="many."]').count()).toBe(0);
    await group.click();
    const inside = page.locator('.metric[data-metric="many.10000"]');
    await inside.locator(".value", { hasText: "0" }).waitFor();
    await expect.poll(() => inside.locator(".name").textContent()).toBe("10000");
    await expect.poll(() => group.getAttribute("aria-expanded")).toBe("true");
    await page.reload();
    await inside.waitFor();
    await group.focus();
    await page.keyboard.press("ArrowLeft");
    await inside.waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await inside.waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await chartOf(page, '[data-metric="many.10000"]');
    // Far below, what is on view is asked for.
    await group.focus();
    await page.keyboard.press("End");
    await page
      .locator('.metric[data-metric="old.one"], .metric[data-metric^="room."]')
      .first()
      .waitFor();
    await page.getByLabel("Order of the metrics").selectOption("name");
    await group.waitFor({ state: "detached" });
    await page.reload();
    await chartOf(page);
    await expect.poll(() => page.getByLabel("Order of the metrics").inputValue()).toBe("name");
  });
  test("scroll to the end with few rows in the page", async () => {
    const page = await open(CPU);
    await page.locator("input[type=search]").fill("many.");
    await page.locator('.metrics[data-searched="many."]').waitFor();
    // The list grows as its pages come: each frame goes to its end, until the last row is there.
    await page.waitForFunction(
      (last) => {
        const box = document.querySelector(".scroll");
        box?.scrollTo(0, box.scrollHeight);
        return document.querySelector(last) !== null;
      },
      `.metric[data-metric="many.${10_000 + MANY - 1}"]`,
      // Fifty pages come one after the other.
      { polling: "raf", timeout: 45_000 },
    );
    await expect.poll(() => page.locator(".metric").count()).toBeLessThan(100);
  });
});
