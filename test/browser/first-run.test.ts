// An empty store greets, and the chart appears as the first point lands.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { AGENTS } from "../../src/ui/agents.ts";
import { chartOf, findings, liveOf, numberOf, SCHEMES, site } from "./pages.ts";

const store = site();
const { open, post } = store;

for (const colorScheme of SCHEMES)
  test(`axe finds nothing in ${colorScheme}`, async () => {
    const page = await open("/", { colorScheme });
    await page.locator("[data-state=welcome]").waitFor();
    await expect.poll(() => findings(page)).toEqual([]);
  });

test("greets with a command that works", async () => {
  const page = await open("/");
  await page.locator("[data-state=welcome]").waitFor();
  const command = (await page.locator("[data-state=welcome] code").first().textContent())!;
  expect(command).toContain(`curl '${store.server.url}/api/v1/points'`);
  const { name }: { name: string } = JSON.parse(/-d '(.*)'/.exec(command)![1]!);
  await promisify(execFile)("sh", ["-c", command]);
  const chart = await chartOf(page, `[data-metric="${name}"]`);
  await expect.poll(() => numberOf(chart, "buckets")).toBe(1);

  // Empty again, for the next test.
  const gone = await fetch(`${store.server.url}/api/v1/metric?name=${name}`, { method: "DELETE" });
  expect(gone.ok).toBe(true);
});

test("offers the lines of each agent as tabs, and what they send is drawn", async () => {
  const page = await open("/");
  const tab = (name: string) => page.getByRole("tab", { name, exact: true });
  await tab("curl, line protocol").focus();
  await page.keyboard.press("ArrowRight");
  const lines = page.getByRole("tabpanel").locator("pre code");
  const prometheus = AGENTS.find(({ id }) => id === "prometheus")!;
  await expect.poll(() => lines.textContent()).toBe(prometheus.lines(store.server.url, "any"));
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => lines.textContent()).toContain("curl");
  await promisify(execFile)("sh", ["-c", (await lines.textContent())!]);
  await chartOf(page, '[data-metric="room_temperature"]');
  const gone = await fetch(`${store.server.url}/api/v1/metric?name=room_temperature`, {
    method: "DELETE",
  });
  expect(gone.ok).toBe(true);
});

test("greets with a test point that becomes a chart", async () => {
  const page = await open("/");
  await page.locator("[data-state=welcome]").waitFor();
  await page.getByRole("button", { name: "Send a test point" }).click();
  const chart = await chartOf(page, '[data-metric="hello.minuet"]');
  await expect.poll(() => numberOf(chart, "buckets")).toBe(1);
  expect(new URL(page.url()).searchParams.get("metric")).toBe("hello.minuet");
  await page.locator('.metric[data-metric="hello.minuet"][aria-current]').waitFor();
  await liveOf(page);
});

test("a metric that does not exist yet appears with its first point", async () => {
  const page = await open("/?metric=later");
  const failed = page.locator("[data-state=failed]");
  await failed.getByText('no metric "later"').waitFor();
  await liveOf(page);
  await post({ name: "later", value: 1 });
  await chartOf(page, '[data-metric="later"]');
});
