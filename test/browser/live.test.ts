// Live: points show as they are posted; a lost connection is shown, retried, and leaves no gap.

import { beforeAll, expect, test } from "vitest";
import { chartOf, lastMinutes, legendOf, liveOf, numberOf, site } from "./pages.ts";

const store = site();
const { open, post } = store;

beforeAll(() =>
  post([
    { name: "http.errors", value: 2 },
    { name: "http.time", value: 118, labels: { zone: "eu" } },
    { name: "http.time", value: 118, labels: { zone: "us" } },
    ...["a", "b"].map((host) => ({
      name: "cpu.load",
      labels: { host },
      datapoints: lastMinutes(30, () => 1),
    })),
  ]),
);

test("a new point shows within 1.5 s, without a question for each", async () => {
  const page = await open("/?metric=http.time&where=zone%3Deu");
  await chartOf(page);
  await liveOf(page);
  const total = legendOf(page, "count");
  const both = (value: number) =>
    post([
      { name: "http.time", value, labels: { zone: "eu" } },
      { name: "http.time", value: 1, labels: { zone: "us" } },
    ]);
  // The feed's first message may bring a question: it is over when a point has come by the feed.
  const first = Number(await total.textContent());
  await both(100);
  await total.getByText(String(first + 1), { exact: true }).waitFor();
  let questions = 0;
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/query")) questions++;
  });
  for (const round of [1, 2, 3]) {
    const before = Number(await total.textContent());
    await both(100 + round);
    const posted = performance.now();
    await page.waitForFunction(
      ([selector, count]) =>
        document.querySelector(String(selector))?.textContent === String(count),
      [".legend [data-total=count]", before + 1],
      { polling: "raf" },
    );
    expect(performance.now() - posted).toBeLessThan(1_500);
  }
  // One is allowed: minutes may be sealed at any time, and are asked for then.
  expect(questions).toBeLessThanOrEqual(1);
  await expect
    .poll(() => legendOf(page, "sum").textContent())
    .toBe(String(118 + 100 + 101 + 102 + 103));
});

test("at hour resolution as well", async () => {
  const page = await open("/?range=7d&metric=http.errors");
  await chartOf(page, '[data-resolution="hour"]');
  await liveOf(page);
  const total = legendOf(page, "sum");
  const before = Number(await total.textContent());
  await post({ name: "http.errors", value: 40 });
  await total.getByText(String(before + 40), { exact: true }).waitFor();
});

test("a series that is new joins the split", async () => {
  const page = await open("/?metric=cpu.load&by=host");
  await chartOf(page, '[data-lines="2"]');
  await liveOf(page);
  await post({ name: "cpu.load", value: 5, labels: { host: "c" } });
  await chartOf(page, '[data-lines="3"]');
});

test("each panel has its own feed", async () => {
  const page = await open("/?metric=cpu.load&metric=http.errors");
  const panel = page.locator('.panel[aria-label="http.errors"]');
  await chartOf(page, '[data-metric="http.errors"]');
  await liveOf(page);
  const total = legendOf(panel, "sum");
  const before = Number(await total.textContent());
  await post({ name: "http.errors", value: 7 });
  await total.getByText(String(before + 7), { exact: true }).waitFor();
});

test("a server that is killed and comes back leaves no gap", async () => {
  const minutes = lastMinutes(10, () => 1);
  await post({ name: "steady", datapoints: minutes });
  const page = await open("/?metric=steady");
  let chart = await chartOf(page);
  await liveOf(page);
  await expect.poll(() => numberOf(chart, "buckets")).toBe(minutes.length);

  await store.server.kill();
  await page.locator("[data-live=waiting]").waitFor();
  // What is drawn is still true.
  chart = await chartOf(page);
  await expect.poll(() => numberOf(chart, "buckets")).toBe(minutes.length);

  await store.restart();
  // What comes while nobody listens: a minute in the middle again, and a new one.
  await post({ name: "steady", datapoints: [[minutes[4]![0], 5]] });
  await liveOf(page);
  await legendOf(page, "count")
    .getByText(String(minutes.length + 1), { exact: true })
    .waitFor();
  await post({ name: "steady", value: 9 });
  await legendOf(page, "count")
    .getByText(String(minutes.length + 2), { exact: true })
    .waitFor();
  chart = await chartOf(page);
  await expect.poll(() => numberOf(chart, "gaps")).toBeLessThanOrEqual(1);
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("9");
});

test("a metric that is removed goes from every open page, with a word, and shows when it is back", async () => {
  const datapoints = lastMinutes(20, () => 7);
  await post([
    { name: "retired", datapoints },
    { name: "stays", value: 3 },
  ]);
  const [chart, table, beside] = await Promise.all([
    open("/?metric=retired"),
    open("/?range=7d&metric=retired&metric=stays"),
    open("/?metric=stays"),
  ]);
  await chartOf(chart);
  await liveOf(chart);
  await chartOf(table, '[data-metric="retired"]');
  await liveOf(table);
  const listed = (page: typeof chart) => page.locator('.metric[data-metric="retired"]');
  await listed(beside).waitFor();
  const removed = await fetch(`${store.server.url}/api/v1/metric?name=retired`, {
    method: "DELETE",
  });
  expect(removed.status).toBe(200);
  for (const page of [chart, table]) {
    const panel = page.locator('.panel[aria-label="retired"]');
    await panel.getByRole("heading", { name: "This metric was removed" }).waitFor();
    await expect.poll(() => panel.locator(".legend, canvas").count()).toBe(0);
    await listed(page).waitFor({ state: "detached" });
  }
  await chartOf(table, '[data-metric="stays"]');
  // Who does not watch it sees it go with the next look at the list.
  await listed(beside).waitFor({ state: "detached" });

  await post({ name: "retired", value: 99 });
  await chartOf(chart, '[data-metric="retired"]');
  await expect.poll(() => legendOf(chart, "count").textContent()).toBe("1");
  await chartOf(table, '[data-metric="retired"]');
  await listed(chart).waitFor();
  await post({ name: "retired", value: 1 });
  await legendOf(chart, "count").getByText("2", { exact: true }).waitFor();
});
