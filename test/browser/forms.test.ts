// What is shown of a metric: the rate of a counter, the total of its series.

import { beforeAll, expect, test } from "vitest";
import { chartOf, findings, fits, lastMinutes, legendOf, question, site } from "./pages.ts";

const { open, post } = site();

beforeAll(async () => {
  await post([
    // A counter that begins again twice: it rises by 60 a minute all the while.
    { name: "jobs_total", datapoints: lastMinutes(50, (ago) => 60 * ((50 - ago) % 20) + 60) },
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
  expect(await legendOf(page, "sum").textContent()).toBe("2,940");
  expect(await legendOf(page, "max").textContent()).toBe("1/s");
  await shown.getByRole("button", { name: "value" }).click();
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("1,200");
  expect(page.url()).toContain("show=value");
  expect(await findings(page)).toEqual([]);
  await shown.getByRole("button", { name: "rate" }).click();
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("1/s");
  expect(page.url()).not.toContain("show=");
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
  expect(await findings(page)).toEqual([]);
  await page.goBack();
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("8 GiB");
});
