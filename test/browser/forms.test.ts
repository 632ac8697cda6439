// What is shown of a metric: the rate of a counter, the total of its series.

import { beforeAll, expect, test } from "vitest";
import { chartOf, findings, fits, lastMinutes, legendOf, MINUTE, question, site } from "./pages.ts";

const { open, post } = site();

beforeAll(async () => {
  await post([
    // A counter that begins again twice: it rises by 60 a minute all the while.
    { name: "jobs_total", datapoints: lastMinutes(50, (ago) => 60 * ((50 - ago) % 20) + 60) },
    ...["a", "b"].flatMap((host, i) => [
      { name: "http.errors_total", labels: { host }, datapoints: lastMinutes(30, (ago) => (30 - ago) * (i + 1)) },
      { name: "http.requests_total", labels: { host }, datapoints: lastMinutes(30, (ago) => (30 - ago) * 20) },
    ]), // prettier-ignore
    // What their names do not say.
    {
      name: "net.sent",
      type: "counter",
      unit: "By",
      datapoints: lastMinutes(50, (ago) => 60 * 2_048 * (50 - ago)),
    },
    {
      name: "pool_count",
      type: "gauge",
      unit: "s",
      help: "How long it takes.",
      datapoints: lastMinutes(50, () => 0.25),
    },
    ...[8, 2, 1].map((value, i) => ({
      name: "cache.size_bytes",
      labels: { host: "abc"[i]! },
      datapoints: lastMinutes(50, () => value * 2 ** 30),
    })),
  ]);
});

test("a counter with two resets shows its rate; a click shows its value, and another the rate", async () => {
  const page = await open("/?metric=jobs_total");
  await chartOf(page);
  const shown = page.getByRole("group", { name: "Shown of the counter" });
  // The first minute has nothing to rise from; 49 minutes rise by 60.
  await expect.poll(() => legendOf(page, "sum").textContent()).toBe("2,940");
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("1/s");
  await shown.getByRole("button", { name: "value" }).click();
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("1,200");
  expect(page.url()).toContain("show=value");
  await expect.poll(() => findings(page)).toEqual([]);
  await shown.getByRole("button", { name: "rate" }).click();
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("1/s");
  expect(page.url()).not.toContain("show=");
});

test("a counter by its type shows its rate, in its unit; a gauge shows its value, whatever its name", async () => {
  const page = await open("/?metric=net.sent&metric=pool_count");
  const sent = page.locator(".panel").first();
  const pool = page.locator(".panel").last();
  await expect.poll(() => legendOf(sent, "max").textContent()).toBe("2 KiB/s");
  await expect.poll(() => legendOf(pool, "max").textContent()).toBe("250 ms");
  await expect
    .poll(() => sent.getByRole("group", { name: "Shown of the counter" }).count())
    .toBe(1);
  await expect
    .poll(() => pool.getByRole("group", { name: "Shown of the counter" }).count())
    .toBe(0);
  expect(page.url()).not.toMatch(/unit=|show=/);
  await expect.poll(() => findings(page)).toEqual([]);
});

test("three hosts are totalled, and the phone has room for it", async () => {
  const page = await open("/?metric=cache.size_bytes");
  await chartOf(page);
  const asked = question(page, "across=sum");
  await page.getByLabel("Series as one").selectOption("sum");
  await asked;
  await expect.poll(() => legendOf(page, "avg").textContent()).toBe("11 GiB");
  expect(page.url()).toContain("across=sum");
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
  await expect.poll(() => findings(page)).toEqual([]);
  await page.goBack();
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("8 GiB");
});

test("errors by requests, chosen in the menu: a part of a whole of each host, which follows what is posted", async () => {
  const page = await open("/?metric=http.errors_total&by=host");
  await chartOf(page, '[data-form="rate"]');
  await page.getByLabel("Download and copy").click();
  await page.getByLabel("Divide by").fill("http.requests_total");
  await page.getByRole("button", { name: "Divide", exact: true }).click();
  const chart = await chartOf(page, '[data-form="ratio"][data-lines="2"]');
  expect(page.url()).toContain("over=http.requests_total");
  await expect.poll(() => legendOf(page, "avg", "host=a").textContent()).toBe("5 %");
  await expect.poll(() => legendOf(page, "avg", "host=b").textContent()).toBe("10 %");
  await chart.getByRole("application").focus();
  await page.keyboard.press("ArrowLeft");
  const numbers = page.locator(".tooltip-lines");
  await numbers.waitFor();
  await expect.poll(() => numbers.locator("thead th").allTextContents()).toEqual(["ratio", "http.errors_total", "http.requests_total"]); // prettier-ignore
  await expect.poll(() => findings(page)).toEqual([]);
  await page.getByLabel("Unit").selectOption("none");
  await expect.poll(() => legendOf(page, "avg", "host=a").textContent()).toBe("0.05");
  // Both of one host in the minute before, which is over.
  const at = Math.floor(Date.now() / MINUTE) * MINUTE - 1;
  await post(["errors", "requests"].map((of) => ({ name: `http.${of}_total`, value: 2_000, labels: { host: "c" }, timestamp: at }))); // prettier-ignore
  await post(["errors", "requests"].map((of) => ({ name: `http.${of}_total`, value: 1_000, labels: { host: "c" }, timestamp: at - MINUTE }))); // prettier-ignore
  await chartOf(page, '[data-form="ratio"][data-lines="3"]');
  await page.setViewportSize({ width: 390, height: 844 });
  await fits(page);
  await page.getByLabel("Do not divide by http.requests_total").click();
  await chartOf(page, '[data-form="rate"]');
  expect(page.url()).not.toContain("over=");
});
