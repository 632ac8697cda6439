// Labels and values that mean something elsewhere: operators, what every object has, columns.

import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { chartOf, lastMinutes, legendOf, question, site } from "./pages.ts";

const { open, post } = site();

const ODD = ["constructor", "__proto__", "time", "count", "a=b", "!x", "label.host"];

beforeAll(() =>
  post([
    { name: "home.files", labels: { dir: "~alice" }, datapoints: lastMinutes(3, () => 1) },
    { name: "home.files", labels: { dir: "alice" }, datapoints: lastMinutes(3, () => 10) },
    { name: "home.files", labels: { dir: "~bob" }, datapoints: lastMinutes(3, () => 100) },
    ...ODD.map((label, i) => ({
      name: "odd.labels",
      // Spread would not make a label of __proto__.
      labels: Object.fromEntries([
        [label, `value-${i}`],
        ["host", "h"],
      ]),
      datapoints: lastMinutes(3, () => i + 1),
    })),
  ]),
);

test("a value that begins with an operator is filtered by, from the form and from the address", async () => {
  const page = await open("/?metric=home.files");
  await chartOf(page);
  const asked = question(page, "where=");
  await page.getByLabel("Add a filter").click();
  await page.getByLabel("Value", { exact: true }).fill("~alice");
  await page.getByLabel("Value", { exact: true }).press("Enter");
  await asked;
  await expect.poll(() => legendOf(page, "sum").textContent()).toBe("3");
  expect(new URL(page.url()).searchParams.getAll("where")).toEqual(['dir="~alice"']);
  await page.getByRole("button", { name: 'Remove the filter dir="~alice"' }).waitFor();
  await page.reload();
  await chartOf(page);
  await expect.poll(() => legendOf(page, "sum").textContent()).toBe("3");
  // Without quotes it is a regular expression, as ever.
  const other = await open(`/?metric=home.files&where=${encodeURIComponent("dir=~.?alice")}`);
  await chartOf(other);
  await expect.poll(() => legendOf(other, "sum").textContent()).toBe("33");
});

test.each(ODD)("the label %s splits and filters", async (label) => {
  const page = await open(`/?metric=odd.labels&by=${encodeURIComponent(label)}&stat=sum`);
  const value = `value-${ODD.indexOf(label)}`;
  await chartOf(page, '[data-lines="2"]');
  await expect.poll(() => page.getByLabel("Split by").inputValue()).toBe(label);
  const row = page.locator(".legend tbody th", { hasText: `${label}=${value}` });
  await expect.poll(() => row.count()).toBe(1);
  const asked = question(page, "where=");
  await page.getByLabel("Add a filter").click();
  await page.getByLabel("Label", { exact: true }).selectOption(label);
  await page.getByLabel("Value", { exact: true }).fill(value);
  await page.getByLabel("Value", { exact: true }).press("Enter");
  await asked;
  await chartOf(page, '[data-lines="1"]');
  await expect.poll(() => row.count()).toBe(1);
});

test("tables and files have every label apart from the columns", async () => {
  const page = await open("/?metric=odd.labels&by=*");
  await chartOf(page, `[data-lines="${ODD.length}"]`);
  await page.getByLabel("Download and copy").click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV of what is drawn" }).click(),
  ]);
  const [head, ...rows] = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  const columns = head!.split(",");
  expect(columns.filter((one) => one.startsWith("label.")).sort()).toEqual(
    [...ODD, "host"].map((label) => `label.${label}`).sort(),
  );
  expect(new Set(columns).size).toBe(columns.length);
  expect(rows).toHaveLength(3 * ODD.length);
  for (const row of rows) {
    const cells = row.split(",");
    const given = columns.flatMap((name, i) =>
      name.startsWith("label.") && cells[i] !== "" ? [name] : [],
    );
    expect(given).toHaveLength(2);
    expect(row).not.toContain("function");
  }
  await page.getByRole("button", { name: "Show as table" }).click();
  const table = page.getByRole("region", { name: "Buckets of odd.labels" });
  await table.waitFor();
  await expect.poll(() => table.locator("thead th").count()).toBe(ODD.length + 1);
  await expect.poll(() => table.textContent()).not.toContain("function");
});
