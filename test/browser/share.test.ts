// Sharing: the address is the whole state; files hold what is drawn; a panel can be embedded.

import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { chartOf, findings, fits, focusedOn, legendOf, MINUTE, numberOf, site } from "./pages.ts";

const store = site();
const { open, post } = store;

const until = Math.floor(Date.now() / MINUTE) * MINUTE;
const RANGE = `from=${until - 60 * MINUTE}&to=${until}`;

beforeAll(() =>
  post(
    ["a", "b", "c"].map((host, i) => ({
      name: "cpu.load",
      labels: { host },
      datapoints: Array.from({ length: 60 }, (_, n) => [
        until - (n + 1) * MINUTE,
        i + (n % 10) / 10,
      ]),
    })),
  ),
);

const only = encodeURIComponent(JSON.stringify([["host", "b"]]));

test("a link opened elsewhere gives the same view", async () => {
  const page = await open("/?metric=cpu.load");
  await chartOf(page);
  await page.getByLabel("Statistic").selectOption("max");
  await page.getByLabel("Split by").selectOption("host");
  await chartOf(page, '[data-lines="3"]');
  await page.locator(".legend").getByRole("button", { name: "host=b", exact: true }).click();
  await page.locator(".legend thead").getByRole("button", { name: "max" }).click();
  await page.getByLabel("Settings and more").click();
  await page.getByLabel("Times in UTC").check();
  await page.keyboard.press("Escape");
  const chart = await chartOf(page, '[data-lines="1"]');
  const { pathname, search } = new URL(page.url());

  const other = await open(pathname + search);
  const same = await chartOf(other, '[data-lines="1"]');
  await expect.poll(() => other.getByLabel("Statistic").inputValue()).toBe("max");
  await expect.poll(() => other.locator(".foot").textContent()).toContain("Times in UTC");
  await expect.poll(() => other.locator("[aria-sort]").textContent()).toBe("max");
  for (const name of ["metric", "resolution", "lines", "series", "buckets"])
    await expect
      .poll(() => same.getAttribute(`data-${name}`))
      .toBe(await chart.getAttribute(`data-${name}`));
});

test("the link is copied", async () => {
  const page = await open("/?metric=cpu.load&stat=max", {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await chartOf(page);
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
});

describe("files", () => {
  test("CSV holds what is drawn, bucket by bucket", async () => {
    const page = await open(`/?${RANGE}&metric=cpu.load&by=host&only=${only}`);
    await chartOf(page, '[data-lines="1"]');
    await page.getByLabel("Download and copy").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^cpu\.load \d{4}-\d\d-\d\d \d{4}\.csv$/);
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\r\n");
    // The same that the server gives for the same question, of this series.
    const csv = await fetch(
      `${store.server.url}/api/v1/query?metric=cpu.load&${RANGE}&by=host&where=host=b&format=csv`,
    );
    expect(lines).toEqual((await csv.text()).trim().split("\r\n"));
    expect(lines).toHaveLength(61);
  });

  test("PNG holds the chart with its title and legend", async () => {
    const page = await open(`/?${RANGE}&metric=cpu.load&by=host`);
    const chart = await chartOf(page, '[data-lines="3"]');
    await page.getByLabel("Download and copy").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "PNG" }).click(),
    ]);
    const png = readFileSync(await download.path());
    const box = (await chart.locator("canvas").boundingBox())!;
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    expect(width).toBeGreaterThan(box.width);
    expect(height).toBeGreaterThan(box.height + 3 * 16);
    // Decoded again: each line's colour is in the picture as often as on the screen, or more.
    const colours = await page.evaluate(
      async ({ bytes, palette }) => {
        const content = Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([content], { type: "image/png" }));
        const canvas = new OffscreenCanvas(picture.width, picture.height);
        const context = canvas.getContext("2d")!;
        context.drawImage(picture, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        return palette.map((colour) => {
          let count = 0;
          for (let i = 0; i < data.length; i += 4) {
            const hex = [0, 1, 2].map((c) => data[i + c]!.toString(16).padStart(2, "0")).join("");
            if (`#${hex}` === colour) count++;
          }
          return count;
        });
      },
      { bytes: png.toString("base64"), palette: ["#3159d4", "#c98806", "#16a790"] },
    );
    for (const count of colours) expect(count).toBeGreaterThan(100);
  });

  test("curl asks the same", async () => {
    const page = await open(`/?${RANGE}&metric=cpu.load&where=host%3Da`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const chart = await chartOf(page);
    await page.getByLabel("Download and copy").click();
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await page.getByText("Copied").waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const answer: { series: { t: number[] }[] } = JSON.parse(
      execFileSync("sh", ["-c", `${command} -s`], { encoding: "utf8" }),
    );
    expect(answer.series[0]?.t).toHaveLength(await numberOf(chart, "buckets"));
  });
});

describe("/embed", () => {
  test("shows one panel alone, with the same state", async () => {
    const page = await open(`/embed?${RANGE}&metric=cpu.load&by=host&metric=other`, {
      viewport: { width: 600, height: 360 },
    });
    await chartOf(page, '[data-lines="3"]');
    await expect.poll(() => page.locator(".panel").count()).toBe(1);
    await expect.poll(() => page.locator("header, aside, .tools").count()).toBe(0);
    await expect.poll(() => legendOf(page, "max", "host=c").textContent()).toBe("2.9");
    const href = await page.getByRole("link", { name: "cpu.load" }).getAttribute("href");
    expect(href).toBe(`/?${RANGE}&metric=cpu.load&by=host`);
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    expect(tall).toBeLessThanOrEqual(360);
  });
  test("without a metric says what is missing", async () => {
    const page = await open("/embed");
    await page.getByText("names no metric").waitFor();
  });
});

test("what an address says that cannot be read is told, and corrected by a button", async () => {
  const page = await open("/?from=9&to=5&metric=cpu.load&stat=mean");
  await chartOf(page);
  const note = page.getByRole("alert").filter({ hasText: "cannot be read" });
  await note.getByText("from=9&to=5").waitFor();
  await note.getByText("stat=mean").waitFor();
  await note.getByText("you see the last 1h").waitFor();
  expect(await findings(page)).toEqual([]);
  await note.getByRole("button", { name: "Correct the address" }).click();
  await expect.poll(() => note.count()).toBe(0);
  await expect.poll(() => new URL(page.url()).search).toBe("?metric=cpu.load");
  await expect.poll(() => focusedOn(page)).toBe("cpu.load");
  // Also when the page chooses what is shown, and writes that into the address.
  await page.goto(`${store.server.url}/?range=banana`);
  await chartOf(page);
  await expect.poll(() => page.url()).toContain("metric=cpu.load");
  await note.getByText("range=banana").waitFor();
  await page.reload();
  await note.getByText("range=banana").waitFor();
  await note.getByRole("button", { name: "Correct the address" }).click();
  await expect.poll(() => note.count()).toBe(0);
  await page.goto(`${store.server.url}/?range=banana&metric=cpu.load`);
  await note.getByText("range=banana").waitFor();
  // A choice is another address.
  await page.getByRole("link", { name: "6h" }).click();
  await expect.poll(() => note.count()).toBe(0);
  await page.setViewportSize({ width: 400, height: 220 });
  await page.goto(`${store.server.url}/embed?metric=cpu.load&range=banana`);
  await note.getByText("range=banana").waitFor();
  await chartOf(page);
  await fits(page);
});

test("where all may read, a secret that is none still leads to nothing", async () => {
  const page = await open("/shared#minuet_view_wrong");
  await page.getByText("This link shows nothing any more").waitFor();
});
