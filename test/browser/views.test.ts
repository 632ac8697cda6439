// Views: saved in the store, brought back, sent as a link that needs no token; panels in a grid, moved,
// and read only where somebody sees them.

import { createServer } from "node:http";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { freePort } from "../support/server.ts";
import { chartOf, findings, fits, focusedOn, lastMinutes, liveOf, panelOf, site } from "./pages.ts";

const TOKEN = "a-long-random-text";
const store = site({ vars: { API_TOKEN: TOKEN } });
const { open, post } = store;

const NAMES = ["cpu.load", "http.ms", "orders", "disk.used", "queue.length", "net.in"];

beforeAll(() =>
  post(
    NAMES.flatMap((name) =>
      ["a", "b"].map((host, i) => ({
        name,
        labels: { host },
        datapoints: lastMinutes(50, (ago) => i * 10 + (ago % 5)),
      })),
    ),
  ),
);

const api = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
  const response = await fetch(`${store.server.url}/api/v1/views${path}`, {
    ...init,
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(200);
  return response.json() as Promise<T>;
};

const saved = (id: string, search: string): Promise<unknown> =>
  api(`/${id}`, {
    method: "PUT",
    body: JSON.stringify({ name: `The ${id}`, note: "look here", search }),
  });

interface Made {
  readonly id: string;
  readonly secret: string;
}
const linkTo = (id: string): Promise<Made> => api(`/${id}/links`, { method: "POST" });

/** A page of who has the token. */
async function signedIn(path: string, options = {}): Promise<Page> {
  const page = await open(path, options);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Open" }).click();
  return page;
}

beforeEach(async () => {
  const { views } = await api<{ views: { id: string }[] }>("");
  for (const { id } of views) await api(`/${id}`, { method: "DELETE" });
});

test("a view is saved, opened, changed, deleted and brought back", async () => {
  const page = await signedIn("/?metric=cpu.load&by=host&metric=http.ms");
  await chartOf(page, '[data-metric="cpu.load"]');
  const menu = page.getByLabel("Views and layout");
  await menu.click();
  await page.getByText("None yet").waitFor();
  await page.getByRole("button", { name: "Save this as a view" }).click();
  await page.getByLabel("Name of the view").fill("On call");
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByRole("link", { name: "On call" }).waitFor();
  await expect.poll(() => page.url()).toContain("view=");
  // Two columns and a filter of all are changes of it.
  await page.getByRole("button", { name: "2", exact: true }).click();
  await page.getByLabel("Filter of all panels").fill("host=b");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByRole("button", { name: "Save changes of On call" }).click();
  await expect
    .poll(() => page.getByRole("button", { name: "Save changes of On call" }).count())
    .toBe(0);
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press("Escape");

  await page.goto(`${store.server.url}/?metric=orders`);
  await chartOf(page, '[data-metric="orders"]');
  await menu.click();
  await page.getByRole("link", { name: "On call" }).click();
  const chart = await chartOf(page, '[data-metric="cpu.load"]');
  await expect.poll(() => chart.getAttribute("data-series")).toBe("1");
  await expect.poll(() => page.locator(".panels").getAttribute("data-columns")).toBe("2");

  await menu.click();
  await page.getByRole("button", { name: "Edit On call" }).click();
  await page.getByLabel("Name of the view").fill("On call, nights");
  await page.getByLabel("Note").fill("at night");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("link", { name: "On call, nights" }).waitFor();
  await page.getByRole("button", { name: "Delete On call, nights" }).click();
  await expect.poll(() => page.getByRole("link", { name: "On call" }).count()).toBe(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: "On call, nights" }).waitFor();
  const { views } = await api<{ views: { note: string; search: string }[] }>("");
  expect(views).toMatchObject([
    { note: "at night", search: "columns=2&where=host%3Db&metric=cpu.load&by=host&metric=http.ms" },
  ]);
});

test("somebody else has it open as well: no changes are lost unasked, nor a note that cannot be saved", async () => {
  await saved("team", "metric=cpu.load");
  const page = await signedIn("/?view=team");
  await chartOf(page, '[data-metric="cpu.load"]');
  const menu = page.getByLabel("Views and layout");
  await menu.click();
  await page.getByRole("link", { name: "The team" }).waitFor();
  await page.keyboard.press("Escape");
  await saved("team", "metric=orders");
  await saved("other", "metric=http.ms");
  // The list is read each time that the menu is opened.
  await menu.click();
  await page.getByRole("link", { name: "The other" }).waitFor();
  await page.getByRole("button", { name: "Save changes of The team" }).click();
  const asks = page.getByRole("alert").filter({ hasText: "somebody else has changed “The team”" });
  await asks.waitFor();
  const searchOf = async (): Promise<string> => (await api<{ search: string }>("/team")).search;
  expect(await searchOf()).toBe("metric=orders");
  expect(await findings(page)).toEqual([]);
  // Who looks at it as it is by now is asked no more, until there are changes again.
  await page.getByRole("link", { name: "The team" }).click();
  await chartOf(page, '[data-metric="orders"]');
  await menu.click();
  await page.getByRole("link", { name: "The other" }).waitFor();
  expect(await asks.count()).toBe(0);
  await page.keyboard.press("Escape");
  await page.goBack();
  await chartOf(page, '[data-metric="cpu.load"]');
  await saved("team", "metric=http.ms");
  await menu.click();
  await page.getByRole("button", { name: "Save changes of The team" }).click();
  await asks.waitFor();
  await page.getByRole("button", { name: "Overwrite it" }).click();
  await asks.waitFor({ state: "detached" });
  expect(await searchOf()).toBe("metric=cpu.load");

  await page.getByRole("button", { name: "Edit The team" }).click();
  const note = page.getByLabel("Note");
  await note.fill("a long note");
  await page.route("**/api/v1/views**", (route) => route.abort());
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("The server does not answer.").waitFor();
  // Also when the list cannot be read again.
  await page.keyboard.press("Escape");
  await menu.click();
  await page.getByText("the list is an older one").waitFor();
  expect(await note.inputValue()).toBe("a long note");
});

test("a new view is saved with its note, which its head and its link in the list tell", async () => {
  const page = await signedIn("/?metric=cpu.load");
  await chartOf(page, '[data-metric="cpu.load"]');
  await page.getByLabel("Views and layout").click();
  await page.getByRole("button", { name: "Save this as a view" }).click();
  await page.getByLabel("Name of the view").fill("Load");
  await page.getByLabel("Note").fill("ask the night shift first");
  await page.getByRole("button", { name: "Save view" }).click();
  const link = page.getByRole("link", { name: "Load", exact: true });
  await expect.poll(() => link.getAttribute("title")).toBe("ask the night shift first");
  const { views } = await api<{ views: { name: string; note: string }[] }>("");
  expect(views).toMatchObject([{ name: "Load", note: "ask the night shift first" }]);
  await page.keyboard.press("Escape");
  await page.locator(".view-head").getByText("ask the night shift first").waitFor();
});

test("a view's name stands above its panels, its address alone opens it, and one that is gone is said", async () => {
  await saved("team", "range=1h&metric=cpu.load&by=host&metric=http.ms");
  const page = await signedIn("/?view=team");
  await chartOf(page, '[data-metric="cpu.load"][data-series="2"]');
  await chartOf(page, '[data-metric="http.ms"]');
  const name = page.getByRole("heading", { name: "The team" });
  await name.waitFor();
  await page.getByText("look here").waitFor();
  await expect.poll(() => page.url()).toContain("metric=cpu.load");
  expect(await findings(page)).toEqual([]);
  // Another metric alone is no part of it.
  await page.getByRole("link", { name: "orders" }).first().click();
  await chartOf(page, '[data-metric="orders"]');
  await expect.poll(() => name.count()).toBe(0);
  await expect.poll(() => page.url()).not.toContain("view=");

  await page.goto(`${store.server.url}/?view=gone`);
  const gone = page.getByRole("alert").filter({ hasText: "is not there" });
  await gone.getByRole("button", { name: "Open a metric" }).click();
  await chartOf(page);
  await expect.poll(() => gone.count()).toBe(0);
  // The button is gone: the name of the chart has the focus.
  const title = page.locator(".panel h2");
  await expect.poll(async () => (await focusedOn(page)) === (await title.textContent())).toBe(true);
  await page.goto(`${store.server.url}/?view=gone&metric=orders`);
  await gone.getByRole("button", { name: "Keep these panels" }).click();
  await expect.poll(() => gone.count()).toBe(0);
  await expect.poll(() => focusedOn(page)).toBe("orders");
});

test("an address keeps what it says besides a view, and what of it cannot be read is said", async () => {
  await saved("team", "range=6h&metric=cpu.load&by=host");
  const page = await signedIn(
    "/?view=team&range=7d&resolution=hour&compare=week&zone=utc&where=host%3Da",
  );
  await chartOf(page, '[data-metric="cpu.load"]');
  const given = {
    view: "team",
    range: "7d",
    resolution: "hour",
    compare: "week",
    zone: "utc",
    where: "host=a",
  };
  await expect
    .poll(() => Object.fromEntries(new URL(page.url()).searchParams))
    .toEqual({ ...given, metric: "cpu.load", by: "host" });
  // What is shown is not what was saved.
  const head = page.locator(".view-head");
  await head.getByText("changed").waitFor();
  await expect.poll(() => findings(page)).toEqual([]);
  await page.goto(`${store.server.url}/?view=team`);
  await chartOf(page, '[data-metric="cpu.load"]');
  await expect.poll(() => page.url()).toContain("range=6h");
  await head.getByRole("heading", { name: "The team", exact: true }).waitFor();
  await page.goto(`${store.server.url}/?view=team&range=banana`);
  await chartOf(page, '[data-metric="cpu.load"]');
  await expect.poll(() => page.url()).toContain("range=6h");
  const note = page.getByRole("alert").filter({ hasText: "cannot be read" });
  await note.getByText("range=banana").waitFor();
  await note.getByText("you see the last 6h").waitFor();
  await page.getByRole("link", { name: "24h", exact: true }).click();
  await expect.poll(() => note.count()).toBe(0);
});

describe("a link", () => {
  test("shows its view to who has no token, live, and no more when it is revoked", async () => {
    await saved(
      "team",
      "range=1h&columns=2&metric=cpu.load&by=host&metric=http.ms&where=host%3Da&expr=sum(%7B%22cpu.load%22%7D)",
    );
    const page = await signedIn("/?view=team&metric=cpu.load");
    await chartOf(page);
    await page.getByLabel("Views and layout").click();
    await page.getByRole("button", { name: "Share The team" }).click();
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = new URL(await page.getByLabel("Link", { exact: true }).inputValue());

    const other = await open(link.pathname + link.hash);
    await chartOf(other, '[data-metric="cpu.load"][data-series="2"]');
    await chartOf(other, '[data-metric="http.ms"][data-series="1"]');
    await other.getByRole("heading", { name: "The team" }).waitFor();
    await other.getByText("look here").waitFor();
    await other.locator(".place").nth(2).scrollIntoViewIfNeeded();
    await chartOf(other, '[data-form="values"][data-lines="1"]');
    await liveOf(other);
    await expect.poll(() => other.locator(".tools, .cuts, aside").count()).toBe(0);
    await post([{ name: "cpu.load", labels: { host: "new" }, value: 5 }]);
    await chartOf(other, '[data-metric="cpu.load"][data-series="3"]');
    // The range is the reader's; the address has it, and the link.
    await other.getByRole("link", { name: "6h" }).click();
    await expect.poll(() => other.url()).toBe(`${link.origin}/shared?range=6h${link.hash}`);
    await other.reload();
    await chartOf(other, '[data-metric="cpu.load"]');
    await expect
      .poll(() => other.locator('[data-range="6h"]').getAttribute("aria-current"))
      .toBe("true");
    expect(await findings(other)).toEqual([]);

    await page.getByRole("button", { name: "Revoke" }).click();
    await expect.poll(() => page.locator("[data-link]").count()).toBe(0);
    await other.reload();
    await other.getByText("This link shows nothing any more").waitFor();
  });

  test("in a frame of 400 × 220, with theme and legend of its choice", async () => {
    await saved("frame", "metric=cpu.load&by=host&metric=http.ms");
    const { secret } = await linkTo("frame");
    const small = { viewport: { width: 400, height: 220 } };
    const page = await open(`/embed?panel=2&legend=none&theme=dark#${secret}`, small);
    const chart = await chartOf(page, '[data-metric="http.ms"]');
    await expect.poll(() => page.locator(".panel").count()).toBe(1);
    await expect.poll(() => page.locator("html").getAttribute("data-theme")).toBe("dark");
    await expect.poll(() => page.locator(".legend").isVisible()).toBe(false);
    await fits(page);
    const { height, y } = (await chart.boundingBox())!;
    expect(height).toBeGreaterThan(120);
    expect(y + height).toBeLessThanOrEqual(220);
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    expect(tall).toBeLessThanOrEqual(220);
    await page.goto(`${store.server.url}/embed?panel=99#${secret}`);
    await page.getByText("The view has no such panel").waitFor();
  });

  test("may be framed at /embed and nowhere else", async () => {
    const policy = async (path: string): Promise<string | null> =>
      (await fetch(store.server.url + path)).headers.get("content-security-policy");
    expect(await policy("/embed")).toMatch(/^default-src 'self';(?!.*frame-ancestors)/);
    for (const path of ["/", "/shared", "/store", "/docs", "/tokens"])
      expect(await policy(path), path).toContain("frame-ancestors 'none'");

    // As a browser has it, in a page of another origin.
    await saved("framed", "metric=cpu.load");
    const { secret } = await linkTo("framed");
    const page = await (await open("/embed")).context().newPage();
    const refused: string[] = [];
    page.on("console", (said) => refused.push(said.text()));
    const paths = [`/embed#${secret}`, `/shared#${secret}`, "/"];
    const frames = paths.map((path) => `<iframe src="${store.server.url}${path}"></iframe>`);
    const elsewhere = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end(`<!doctype html>${frames.join("")}`),
    );
    onTestFinished(() => void elsewhere.close());
    const port = await freePort();
    await new Promise<void>((resolve) => elsewhere.listen(port, "127.0.0.1", resolve));
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.frameLocator("iframe").nth(0).locator(".chart canvas").waitFor();
    await expect.poll(() => refused.filter((text) => /frame-ancestors/.test(text)).length).toBe(2);
    for (const i of [1, 2])
      expect(await page.frameLocator("iframe").nth(i).locator("main").count()).toBe(0);
  });
});

test("panels below the fold ask nothing until they are seen", async () => {
  await saved("long", NAMES.map((name) => `metric=${name}`).join("&"));
  const { secret } = await linkTo("long");
  const asked = new Set<string>();
  const page = await open("/shared", { viewport: { width: 800, height: 500 } });
  page.on("request", (request) => {
    const metric = new URL(request.url()).searchParams.get("metric");
    if (metric !== null) asked.add(metric);
  });
  await page.goto(`${store.server.url}/shared#${secret}`);
  await page.reload();
  await chartOf(page, '[data-metric="cpu.load"]');
  await chartOf(page, '[data-metric="http.ms"]');
  await expect.poll(() => page.locator(".panel").count()).toBe(NAMES.length);
  await liveOf(page);
  expect([...asked]).not.toContain("net.in");
  const orders = page.locator(".place", { has: panelOf(page, "orders") });
  const heightOf = (place: Locator): Promise<number> =>
    place.evaluate((one) => one.getBoundingClientRect().height);
  await orders.scrollIntoViewIfNeeded();
  await chartOf(page, '[data-metric="orders"]');
  const before = await heightOf(orders);
  await panelOf(page, "net.in").scrollIntoViewIfNeeded();
  await chartOf(page, '[data-metric="net.in"]');
  // What is far above again is put away, and nothing moves.
  await expect.poll(() => panelOf(page, "orders").getAttribute("data-state")).toBe("away");
  expect(await heightOf(orders)).toBe(before);
  await expect.poll(() => panelOf(page, "net.in").getAttribute("data-state")).toBe("ready");

  // Also where heads and charts of panels beside each other are equally high.
  const beside = await signedIn(`/?columns=2&${NAMES.map((name) => `metric=${name}`).join("&")}`);
  await beside.setViewportSize({ width: 1280, height: 500 });
  const last = beside.locator(".place").last();
  await last.scrollIntoViewIfNeeded();
  await chartOf(beside, `[data-metric="${NAMES.at(-1)}"]`);
  const ready = await heightOf(last);
  await beside.evaluate(() => scrollTo(0, 0));
  await expect.poll(() => last.locator(".panel").getAttribute("data-state")).toBe("away");
  expect(await heightOf(last)).toBe(ready);
});

test("three columns: a title is one line, icons are in the menu, and all is in its place", async () => {
  const long = `orders.${"of_the_shop_".repeat(12)}now`;
  await post({ name: long, labels: { host: "a" }, value: 1 });
  const page = await signedIn(
    `/?columns=3&metric=${long}&metric=orders&where=host%3Da&metric=http.ms`,
  );
  const charts = page.locator("[data-state=ready] .chart[data-current=true]");
  await expect.poll(() => charts.count()).toBe(3);
  const heights = (selector: string): Promise<number[]> =>
    page.locator(selector).evaluateAll((all) => all.map((one) => one.clientHeight));
  await expect.poll(async () => Math.max(...(await heights(".title h2")))).toBeLessThan(30);
  const tops = (): Promise<number> =>
    charts.evaluateAll((all) => new Set(all.map((one) => one.getBoundingClientRect().top)).size);
  await expect.poll(tops).toBe(1);
  await expect.poll(() => page.locator(`h2[title="${long}"]`).count()).toBe(1);
  // The numbers are within their legends, whatever a series is called.
  const beyond = (): Promise<boolean[]> =>
    page
      .locator(".legend")
      .evaluateAll((all) => all.map((one) => one.scrollWidth > one.clientWidth));
  await expect.poll(beyond).toEqual([false, false, false]);
  const panel = panelOf(page, "http.ms");
  await expect.poll(() => panel.getByLabel("Show as table").isVisible()).toBe(false);
  await panel.getByLabel("Download and copy").click();
  const box = panel.locator(".tools .menu-box");
  await box.getByRole("button", { name: "Show as table" }).waitFor();
  await expect.poll(async () => (await box.boundingBox())!.height).toBeLessThanOrEqual(800 - 136);
  await box.getByRole("button", { name: "Show alone" }).click();
  await expect.poll(() => page.locator(".panel").count()).toBe(1);
  // A range of its own is said in the same row.
  await page.goto(`${store.server.url}/?metric=orders&from=1100000000000&to=1103600000000`);
  await page.getByRole("button", { name: "Back to the range before" }).waitFor();
  for (const width of [1280, 1100]) {
    await page.setViewportSize({ width, height: 800 });
    await expect.poll(() => heights(".bar")).toEqual([55]);
    await fits(page);
  }
});

test.each([
  ["a desk", { width: 1280, height: 700 }],
  ["a phone", { width: 390, height: 844 }],
  ["a window of little height", { width: 1000, height: 400 }],
])("a box that opens low in %s is whole in it, and closed by its button", async (_, viewport) => {
  const page = await signedIn("/?metric=orders&metric=cpu.load&metric=http.ms", { viewport });
  await chartOf(page, '[data-metric="cpu.load"]');
  const panel = panelOf(page, "cpu.load");
  for (const name of ["Kind, scale, download and copy", "Add a filter"]) {
    const summary = panel.getByLabel(name);
    await summary.evaluate((one) => {
      scrollBy(0, one.getBoundingClientRect().bottom - innerHeight + 16);
    });
    await summary.click();
    const box = panel.locator("[open] > .menu-box");
    await box.locator("button:visible, input:visible").first().waitFor();
    const beyond = (): Promise<number> =>
      box.evaluate((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return Math.max(-top, bottom - innerHeight, 0);
      });
    await expect.poll(beyond).toBe(0);
    // It does not lie over its button, nor under the bar, nor is it too low to be used.
    const isOnTop = (of: Locator, spot: number): Promise<boolean> =>
      of.evaluate((one, part) => {
        const { left, top, width, height } = one.getBoundingClientRect();
        return one.contains(document.elementFromPoint(left + width / 2, top + height * part));
      }, spot);
    for (const spot of [0.1, 0.5, 0.9])
      await expect.poll(() => isOnTop(summary, spot), { message: name }).toBe(true);
    await expect.poll(() => isOnTop(box, 0.1)).toBe(true);
    await expect.poll(async () => (await box.boundingBox())!.height).toBeGreaterThan(100);
    await summary.click();
    await expect.poll(() => box.count()).toBe(0);
  }
});

test("panels are moved by dragging, and by keys; the same metric may be there twice", async () => {
  const page = await signedIn("/?columns=2&metric=orders&metric=cpu.load&metric=orders&stat=max", {
    viewport: { width: 1400, height: 1_300 },
  });
  const order = (): Promise<string[]> =>
    page.evaluate(() =>
      new URLSearchParams(location.search).getAll("metric").concat(
        // What is about a panel goes with it.
        location.search.includes("orders&stat=max&metric=cpu.load") ? ["max first"] : [],
      ),
    );
  await expect
    .poll(() => page.locator("[data-state=ready] .chart[data-current=true]").count())
    .toBe(3);
  const handles = page.locator("[data-move]");
  const [from, to] = [await handles.nth(2).boundingBox(), await handles.nth(0).boundingBox()];
  await page.mouse.move(from!.x + 8, from!.y + 8);
  await page.mouse.down();
  // The code for it is on its way with the first.
  await page.locator("[data-dragged]").waitFor();
  await page.mouse.move(to!.x - 40, to!.y + 60, { steps: 5 });
  await page.locator("[data-drop]").waitFor();
  await page.mouse.up();
  await expect.poll(order).toEqual(["orders", "orders", "cpu.load"]);
  await page.goBack();
  await expect.poll(order).toEqual(["orders", "cpu.load", "orders"]);
  await page.getByLabel("Move cpu.load").focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(order).toEqual(["orders", "orders", "cpu.load", "max first"]);
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.ariaLabel))
    .toBe("Move cpu.load");
  await page.keyboard.press("ArrowUp");
  await expect.poll(order).toEqual(["cpu.load", "orders", "orders"]);
  await expect
    .poll(() => page.locator("[data-state=ready] .chart[data-current=true]").count())
    .toBe(3);
});

test("events are marks on all panels, and a panel has a line", async () => {
  const said = await fetch(`${store.server.url}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ text: "deployed 4.2", timestamp: "-20m", tags: ["web"] }),
  });
  expect(said.status).toBe(200);
  const page = await signedIn("/?metric=cpu.load&metric=http.ms");
  await chartOf(page, '[data-metric="http.ms"]');
  const marks = page.locator(".mark");
  await expect.poll(() => marks.count()).toBe(2);
  await expect
    .poll(() => marks.first().getAttribute("aria-label"))
    .toMatch(/^deployed 4.2 · web · /);
  const { width } = (await page.locator(".u-over").first().boundingBox())!;
  const left = await marks.first().evaluate((mark) => Number.parseFloat(mark.style.left));
  expect(left / width).toBeGreaterThan(0.6);
  expect(left / width).toBeLessThan(0.7);

  await panelOf(page, "cpu.load").getByLabel("Download and copy").click();
  await page.getByLabel("Line at").fill("40");
  await page.getByRole("button", { name: "Draw", exact: true }).click();
  await expect.poll(() => page.url()).toContain("line=40");
  const line = panelOf(page, "cpu.load").locator(".threshold");
  // Far above the data: the axis goes as far.
  await expect.poll(() => line.getAttribute("aria-label")).toBe("40");
  await expect.poll(() => page.locator(".threshold").count()).toBe(1);
  expect(await findings(page)).toEqual([]);
  await page.goto(`${store.server.url}/?metric=cpu.load&line=9`);
  await expect.poll(() => line.getAttribute("aria-label")).toBe("9");
});

test("panels that fly by ask nothing; where the page comes to rest, they do", async () => {
  const many = (name: string): string[] => Array.from({ length: 12 }, () => name);
  const names = ["cpu.load", "http.ms", ...many("orders"), ...many("disk.used"), "net.in"];
  await saved("longer", names.map((name) => `metric=${name}`).join("&"));
  const { secret } = await linkTo("longer");
  const page = await open(`/shared#${secret}`, { viewport: { width: 800, height: 500 } });
  const asked: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname.endsWith("/query")) asked.push(url.searchParams.get("metric") ?? "");
  });
  const panel = (n: number): Locator => page.locator(".panel").nth(n);
  await expect.poll(() => page.locator(".panel").count()).toBe(names.length);
  await chartOf(page, '[data-metric="http.ms"]');
  // Two windows a frame: however slow the machine is, that is fast.
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        const fly = (): void => {
          const before = scrollY;
          scrollBy(0, 1_000);
          if (scrollY === before) done();
          else requestAnimationFrame(fly);
        };
        fly();
      }),
  );
  await chartOf(page, '[data-metric="net.in"]');
  // A few at the start, before it is known how fast that is, and those where it stops.
  expect(asked.filter((name) => name !== "cpu.load" && name !== "http.ms").length).toBeLessThan(9);
  await panel(16).scrollIntoViewIfNeeded();
  await expect.poll(() => panel(16).getAttribute("data-state")).toBe("ready");
});
