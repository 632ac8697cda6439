// A panel of a PromQL expression: written in the editor, drawn, shared and kept as all others are.

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { chartOf, findings, fits, legendOf, MINUTE, numberOf, SCHEMES, site } from "./pages.ts";

const store = site();
const { open, post } = store;

const until = Math.floor(Date.now() / MINUTE) * MINUTE;

beforeAll(() =>
  post([
    ...["a", "b"].map((host, i) => ({
      name: "mem_bytes",
      labels: { host },
      datapoints: Array.from({ length: 61 }, (_, n) => [until - n * MINUTE, (i + 1) * 1024]),
    })),
    { name: "ctr.bytes_total", datapoints: [[until, 1]] },
  ]),
);

const address = (expr: string): string => `/?${new URLSearchParams({ expr })}`;
const exprOf = (page: Page): string | null => new URL(page.url()).searchParams.get("expr");
const editorOf = (page: Page) => page.getByLabel("Expression", { exact: true });

test("an expression of the address is drawn, in the unit that it keeps, and kept as CSV", async () => {
  const page = await open(address("sum by (host) (mem_bytes)"));
  const chart = await chartOf(page, '[data-lines="2"][data-form="values"]');
  await expect.poll(() => numberOf(chart, "buckets")).toBeGreaterThan(300);
  await expect.poll(() => legendOf(page, "last", "host=b").textContent()).toBe("2 KiB");
  await page.getByText("A value every 10 s").waitFor();
  await page.locator('[data-live="off"]').getByText("Each minute").waitFor();
  await expect.poll(() => page.title()).toBe("sum by (host) (mem_bytes) · Minuet");
  await page.getByLabel("Download and copy").click();
  const download = page.waitForEvent("download");
  await page.getByText("CSV of what is drawn").click();
  const [head, first] = readFileSync(await (await download).path(), "utf8").split("\r\n");
  expect(head).toBe("time,label.host,value");
  expect(first).toMatch(/^\d{4}-.*Z,a,1024$/);
  await page.getByLabel("Show as table").click();
  await page
    .getByRole("region", { name: "Buckets of sum by" })
    .getByText("2 KiB")
    .first()
    .waitFor();
});

test("filters of all panels reach it; it is by no resolution", async () => {
  const page = await open(
    `/?where=host%3Da&expr=${encodeURIComponent("sum by (host) (mem_bytes)")}`,
  );
  await chartOf(page, '[data-lines="1"][data-form="values"]');
  await expect.poll(() => page.locator("[data-resolution].used").count()).toBe(0);
  await page.goto(page.url().replace("host%3Da", "host%3D~(").replace("host=a", "host=~("));
  await page.getByRole("button", { name: "Remove this filter" }).click();
  await chartOf(page, '[data-lines="2"][data-form="values"]');
});

test("what there is, is offered; Enter runs it, Back brings the one before; the policy holds", async () => {
  const page = await open("/?expr=");
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
  });
  await page.getByText("Write one above").waitFor();
  const editor = editorOf(page);
  await editor.click();
  await page.keyboard.type("max by (ho");
  await page.getByRole("option", { name: "host" }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("End");
  await page.keyboard.type(" (mem_");
  await page.getByRole("option", { name: "mem_bytes" }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => editor.textContent()).toBe("max by (host) (mem_bytes)");
  await page.keyboard.press("End");
  await page.getByRole("option").first().waitFor({ state: "hidden" });
  await page.keyboard.press("Enter");
  await chartOf(page, '[data-lines="2"]');
  await expect.poll(() => exprOf(page)).toBe("max by (host) (mem_bytes)");
  await page.goBack();
  await page.getByText("Write one above").waitFor();
  await expect.poll(() => editor.textContent()).toContain("sum by (host) (rate(");
  expect(refused).toEqual([]);
});

test("a name that is no bare word is offered past its dots, and written in quotes", async () => {
  const page = await open("/?expr=");
  await page.getByText("Write one above").waitFor();
  const editor = editorOf(page);
  await editor.click();
  const written: string[] = [];
  for (const [typed, option] of [
    ["ctr", "ctr.bytes_total"],
    ["rate(ctr.by", "ctr.bytes_total"],
  ] as const) {
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Delete");
    await page.keyboard.type(typed);
    await expect
      .poll(() => page.locator("li[aria-selected=true] .cm-completionLabel").allTextContents(), {
        message: typed,
        timeout: 10_000,
      })
      .toEqual([option]);
    await page.keyboard.press("Enter");
    await page.getByRole("option").first().waitFor({ state: "hidden" });
    // Where the cursor is left.
    await page.keyboard.type("!");
    written.push((await editor.textContent()) ?? "");
  }
  expect(written).toEqual(['{"ctr.bytes_total"}!', 'rate({"ctr.bytes_total"}!)']);
});

test("what is wrong is marked where it is, and not asked; what the server says of it is shown", async () => {
  const page = await open(address("rate(mem_bytes[5m])"));
  await chartOf(page);
  await page.getByText("metric might not be a counter").first().waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await editorOf(page).click();
  await page.locator(".cm-lintRange-info").waitFor();
  await page.keyboard.press("End");
  await page.keyboard.type(" + rate(mem_bytes)");
  await expect
    .poll(() =>
      page
        .locator(".cm-lintRange-error")
        .allTextContents()
        .then((all) => all.join("")),
    )
    .toBe("mem_bytes");
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator(".editor").getByRole("alert").getByText("expected type").waitFor();
  expect(exprOf(page)).toBe("rate(mem_bytes[5m])");
});

test("an expression that cannot be answered says why", async () => {
  const page = await open(address("mem_bytes + on () mem_bytes"));
  await page
    .locator("[data-state=failed]")
    .getByText(/many-to-many|duplicate/)
    .waitFor();
});

test("a chart of a metric goes on as an expression", async () => {
  const page = await open("/?metric=mem_bytes&stat=max&by=host&where=host!%3Da");
  await chartOf(page);
  await page.getByLabel("Download and copy").click();
  await page.getByText("Write as PromQL").click();
  await chartOf(page, '[data-form="values"][data-lines="1"]');
  expect(exprOf(page)).toBe('max by (host) (mem_bytes{host!="a"})');
});

test("it asks again when a minute is over", async () => {
  const page = await open("/");
  await page.clock.install();
  await page.goto(store.server.url + address("count(late_metric)"));
  await page.getByText("No values in this range").waitFor();
  await post({ name: "late_metric", value: 1 });
  await page.clock.fastForward(61_000);
  await chartOf(page, '[data-lines="1"]');
});

for (const colorScheme of SCHEMES)
  test(`axe finds nothing in ${colorScheme}, also on a narrow screen, where nothing is cut off`, async () => {
    const page = await open(address("mem_bytes"), {
      colorScheme,
      viewport: { width: 390, height: 844 },
    });
    await chartOf(page);
    await page.getByRole("button", { name: "Edit" }).click();
    await editorOf(page).waitFor();
    await fits(page);
    await expect.poll(() => findings(page)).toEqual([]);
  });
