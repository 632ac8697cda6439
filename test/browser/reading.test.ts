// How a panel shows its series: lines, stacked, a heatmap, numbers; linear, logarithmic, clipped, or between
// ends of the reader's choice. Each choice is in the address, in saved views, behind links and in frames.

import { beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import {
  chartOf,
  findings,
  fits,
  keepTexts,
  lastMinutes,
  legendOf,
  MINUTE,
  panelOf,
  SCHEMES,
  site,
  textsOf,
} from "./pages.ts";

const store = site();
const { open, post } = store;

beforeAll(() =>
  post([
    ...[1, 2, 4].map((size, i) => ({
      name: "mem.used",
      labels: { host: "abc"[i]! },
      datapoints: lastMinutes(50, (ago) => size * 10 + (ago % 2)),
    })),
    ...Array.from({ length: 12 }, (_, i) => ({
      name: "http.ms",
      labels: { host: `web-${i + 1}` },
      datapoints: lastMinutes(50, (ago) => (i + 1) * 10 + (ago % 3)),
    })),
    {
      name: "spiky.ms",
      datapoints: lastMinutes(50, (ago) => (ago === 20 ? 900 : 10 + (ago % 5))),
    },
    {
      name: "steady",
      datapoints: lastMinutes(50, () => 5).flatMap(([at]) => [
        [at, 5],
        [at + 9_000, 6],
      ]),
    },
    { name: "long.ms", datapoints: lastMinutes(350, (ago) => 10 + (ago % 5)) },
    { name: "steps", datapoints: lastMinutes(50, (ago) => (ago > 25 ? 0 : 10 ** (ago % 5))) },
  ]),
);

const menu = (page: Page) => page.getByLabel("Kind, scale, download and copy");

/** Chooses in the panel's menu. */
async function choose(page: Page, group: "Show as" | "Scale", name: string): Promise<void> {
  if (!(await page.getByRole("group", { name: group }).isVisible())) await menu(page).click();
  await page.getByRole("group", { name: group }).getByRole("button", { name }).click();
}

const shown = (page: Page, kind: string) =>
  page.locator(`[data-state=ready] .chart[data-kind=${kind}][data-current=true]`);

/** Puts the mouse over the plot, at parts of its width and height. */
async function point(page: Page, across: number, down: number): Promise<void> {
  const { x, y, width, height } = (await page.locator(".u-over").boundingBox())!;
  await page.mouse.move(x + width * across, y + height * down);
}

describe.each(["Stacked", "Heatmap", "Number"])("%s", (title) => {
  const kind = title.toLowerCase();

  test("is chosen in the menu, kept in the address, and taken back", async () => {
    const page = await open("/?metric=mem.used&by=host");
    await chartOf(page);
    await choose(page, "Show as", title);
    await shown(page, kind).waitFor();
    await expect.poll(() => page.url()).toContain(`kind=${kind}`);
    await expect.poll(() => findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.reload();
    await shown(page, kind).waitFor();
    await page.goBack();
    await chartOf(page, ":not([data-kind])");
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goForward();
    await shown(page, kind).waitFor();
    await fits(page);
  });

  test("is part of a saved view, of a link to it, and of a frame", async () => {
    const { url } = store.server;
    const api = async (
      path: string,
      method: string,
      body?: unknown,
    ): Promise<{ secret: string }> => {
      const response = await fetch(`${url}/api/v1/views/${kind}${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      expect(response.status).toBe(200);
      return response.json() as Promise<{ secret: string }>;
    };
    await api("", "PUT", { name: title, search: `metric=mem.used&by=host&kind=${kind}` });
    const { secret } = await api("/links", "POST");
    const linked = await open(`/shared#${secret}`);
    await shown(linked, kind).waitFor();
    for (const colorScheme of SCHEMES) {
      const frame = await open(`/embed#${secret}`, {
        viewport: { width: 400, height: 220 },
        colorScheme,
      });
      await shown(frame, kind).waitFor();
      await fits(frame);
      await expect
        .poll(async () => (await shown(frame, kind).boundingBox())!.height)
        .toBeGreaterThan(90);
      await expect.poll(() => findings(frame)).toEqual([]);
    }
  });
});

test("a kind is chosen with a finger, and with keys alone", async () => {
  const phone = await open("/?metric=mem.used&by=host", {
    viewport: { width: 390, height: 740 },
    hasTouch: true,
  });
  await chartOf(phone);
  await menu(phone).tap();
  await phone
    .getByRole("group", { name: "Show as" })
    .getByRole("button", { name: "Stacked" })
    .tap();
  await shown(phone, "stacked").waitFor();

  const page = await open("/?metric=mem.used&by=host");
  await chartOf(page);
  await menu(page).focus();
  await page.keyboard.press("Enter");
  const button = page
    .getByRole("group", { name: "Show as" })
    .getByRole("button", { name: "Stacked" });
  await button.waitFor();
  await button.focus();
  await page.keyboard.press("Enter");
  await shown(page, "stacked").waitFor();
});

test("a stack says what its series are together", async () => {
  const page = await open("/?metric=mem.used&by=host&kind=stacked");
  await shown(page, "stacked").waitFor();
  await point(page, 0.5, 0.5);
  await expect.poll(() => page.locator("[data-together] td").textContent()).toMatch(/^7[03]$/);
});

test("what is one line is split where it is to be stacked", async () => {
  const page = await open("/?metric=mem.used&across=sum");
  await chartOf(page);
  await choose(page, "Show as", "Stacked");
  await expect.poll(() => shown(page, "stacked").getAttribute("data-lines")).toBe("3");
  expect(page.url()).toContain("by=*");
});

test("a heatmap has a row for every series, says which is pointed at, its colours, and its table", async () => {
  const page = await open("/?metric=http.ms&by=host&kind=heatmap");
  await expect.poll(() => shown(page, "heatmap").getAttribute("data-lines")).toBe("12");
  await point(page, 0.5, 0.99);
  await expect.poll(() => page.locator(".tooltip b").textContent()).toBe("host=web-12");
  await expect
    .poll(() => page.locator('.tooltip [data-value="avg"]').textContent())
    .toMatch(/^12[012] ms$/);
  await point(page, 0.5, 0.01);
  await expect.poll(() => page.locator(".tooltip b").textContent()).toBe("host=web-1");
  await page.getByRole("img", { name: "Colours from 10 ms to 122 ms" }).waitFor();
  await choose(page, "Scale", "Log");
  await expect.poll(() => page.locator(".heat-scale span").nth(1).textContent()).toBe("34.9 ms");
  await page.keyboard.press("Escape");
  // With keys the rows are read out one by one, from a third of the height where nothing is pointed at.
  await page.mouse.move(0, 0);
  await expect.poll(() => page.locator(".tooltip").count()).toBe(0);
  await page.getByRole("application").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowDown");
  const said = page.locator(".plot [role=status]");
  await expect.poll(() => said.textContent()).toMatch(/host=web-6 6[012] ms$/);
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => said.textContent()).toMatch(/host=web-5 5[012] ms$/);
  await page.getByRole("button", { name: "Show as table" }).click();
  await expect.poll(() => page.locator(".table thead th").count()).toBe(13);
});

test("a number is that of the range which is chosen, with its change", async () => {
  const page = await open("/?metric=mem.used&by=host&kind=number&compare=period");
  await expect.poll(() => shown(page, "number").locator(".tile").count()).toBe(3);
  const number = shown(page, "number").locator("dd").first();
  await expect.poll(() => number.textContent()).toBe("11");
  await menu(page).click();
  await page.getByLabel("Number", { exact: true }).selectOption("max");
  await expect.poll(() => page.url()).toContain("figure=max");
  await page.getByLabel("Number", { exact: true }).selectOption("count");
  await expect.poll(() => number.textContent()).toBe("50");
  await page.keyboard.press("Escape");
  await page.getByLabel("Compare").selectOption("none");
  await expect
    .poll(() => shown(page, "number").locator("[data-change]").first().textContent())
    .toMatch(/over the range/);
});

test("a spike is cut off by choice, marked and said; on a log scale all is seen", async () => {
  const page = await open("/?metric=spiky.ms");
  await chartOf(page);
  await choose(page, "Scale", "Clip");
  await expect
    .poll(() => page.locator("[data-beyond]").textContent())
    .toMatch(/^1 value lies above .* ms, the highest at 900 ms$/);
  expect(page.url()).toContain("scale=clip");
  await expect.poll(() => findings(page)).toEqual([]);
  await choose(page, "Scale", "Log");
  await expect.poll(() => page.locator("[data-beyond]").count()).toBe(0);
  expect(page.url()).toContain("scale=log");

  const steps = await open("/?metric=steps&scale=log");
  await chartOf(steps);
  await expect
    .poll(() => steps.locator("[data-beyond]").textContent())
    .toMatch(/^25 values lie at 0 or less, drawn at the foot$/);
});

test("the axis is dragged between two values, typed, and fits again after a double click", async () => {
  const page = await open("/?metric=spiky.ms");
  await chartOf(page);
  const axis = page.locator(".u-axis").nth(1);
  const drag = async (from: number, to: number): Promise<void> => {
    const { x, y, width, height } = (await axis.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height * from);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + height * ((from + to) / 2));
    await page.mouse.move(x + width / 2, y + height * to);
    await page.mouse.up();
  };
  // Its code comes as soon as the mouse is near.
  const loaded = page.waitForResponse(/drag-axis/);
  await axis.hover();
  await (await loaded).finished();
  await drag(0.9, 0.5);
  await expect.poll(() => page.url()).toMatch(/[?&]y=\d+,\d+/);
  await expect.poll(() => page.locator("[data-beyond]").textContent()).toMatch(/above/);
  await axis.dblclick();
  await expect.poll(() => page.url()).not.toContain("y=");
  await chartOf(page);

  await menu(page).click();
  await page.getByLabel("Axis from").fill("50");
  await page.getByLabel("Axis to").fill("20");
  await page.keyboard.press("Enter");
  await page.getByText("The axis must begin below its end.").waitFor();
  await page.getByLabel("Axis from").fill("0");
  await page.getByLabel("Axis to").fill("20");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain("y=0,20");
  await expect
    .poll(() => page.locator("[data-beyond]").textContent())
    .toBe("1 value lies above 20 ms, the highest at 900 ms");
});

test("a line and the marks of events are on all panels, stacked as well", async () => {
  const at = Date.now() - 20 * MINUTE;
  await fetch(`${store.server.url}/api/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "deployed", timestamp: at }),
  });
  const page = await open("/docs");
  // There are lines before there are events, and what draws both comes last.
  const answered = page.waitForResponse(/api\/v1\/events/);
  await page.route(/marks-[^/]*\.js$/, async (route) => {
    await answered;
    await route.continue();
  });
  await page.goto(
    `${store.server.url}/?metric=mem.used&by=host&kind=stacked&line=50&metric=spiky.ms&scale=log&line=100`,
  );
  for (const metric of ["mem.used", "spiky.ms"]) {
    await expect.poll(() => panelOf(page, metric).locator(".mark").count()).toBe(1);
    await expect.poll(() => panelOf(page, metric).locator(".threshold").count()).toBe(1);
  }
  // 100 of 10 to 900 is in the middle of a logarithmic axis. The line is laid anew with each drawing.
  const part = async (): Promise<number> => {
    const [line, over] = await Promise.all(
      [".threshold", ".u-over"].map((one) => panelOf(page, "spiky.ms").locator(one).boundingBox()),
    );
    return line && over ? (line.y - over.y) / over.height : 0;
  };
  await expect.poll(part).toBeGreaterThan(0.35);
  await expect.poll(part).toBeLessThan(0.65);
});

test("an axis has three labels and more, and begins at 0 for what is counted", async () => {
  const page = await open("/docs");
  await keepTexts(page);
  const labels = async (search: string): Promise<string[]> => {
    await page.goto(`${store.server.url}/?${search}`);
    await chartOf(page);
    const texts = await textsOf(page);
    return [
      ...new Set(texts.filter((text) => /^[\d.,]+( ms)?$/.test(text) && !text.includes(":"))),
    ];
  };
  // Between 120 and 122: far from 0, which is of no use here.
  const values = await labels("metric=http.ms&where=host%3Dweb-12&stat=avg");
  expect(values.length).toBeGreaterThanOrEqual(3);
  expect(values).not.toContain("0 ms");
  // One or two points a minute.
  const counts = await labels("metric=steady&stat=count");
  expect(counts.length).toBeGreaterThanOrEqual(3);
  expect(counts).toContain("0");
});

test("long names lose their middle and what is common to all; right-to-left ones keep their numbers in place", async () => {
  const path = "/var/lib/kubelet/pods/volumes/kubernetes.io~empty-dir/";
  await post([
    ...["alpha", "beta"].map((name) => ({
      name: "volume.used",
      labels: { path: `${path}${name}`, cluster: "eu-central-1" },
      datapoints: lastMinutes(20, () => 1),
    })),
    ...["שרת א", "שרת ב"].map((host, i) => ({
      name: "עומס.cpu",
      labels: { host },
      datapoints: lastMinutes(20, () => i + 1),
    })),
  ]);
  const page = await open("/?metric=volume.used&by=*");
  await chartOf(page);
  const names = page.locator(".legend tbody th button:not(.toggle)");
  await expect.poll(() => names.allTextContents()).toEqual(["path=…alpha", "path=…beta"]);
  await expect.poll(() => names.first().getAttribute("title")).toContain(`${path}alpha`);
  await page.goto(`${store.server.url}/?metric=${encodeURIComponent("עומס.cpu")}&by=host`);
  await chartOf(page);
  await point(page, 0.9, 0.5);
  await page.locator("[data-tooltip]").waitFor();
  // What is written from the right does not turn what stands beside it.
  for (const name of [
    ".panel h2",
    ".legend tbody th button:not(.toggle)",
    ".tooltip-lines tbody th",
  ])
    await expect
      .poll(() =>
        page
          .locator(name)
          .first()
          .evaluate((one) => getComputedStyle(one).unicodeBidi),
      )
      .toBe("plaintext");
  const row = page.locator('.metric[data-metric="עומס.cpu"]');
  await expect.poll(() => row.locator(".name").getAttribute("dir")).toBe("auto");
  await expect.poll(() => legendOf(page, "max", "שרת ב").textContent()).toBe("2");
});

test("a legend beside another cuts no name of usual length for the sake of more numbers", async () => {
  await post(
    ["/", "/cart", "/checkout"].map((route) => ({
      name: "latency.ms",
      labels: { route },
      datapoints: lastMinutes(50, (ago) => 300.25 + (ago % 7) / 4),
    })),
  );
  const panel = "metric=latency.ms&by=route";
  const page = await open(`/?${panel}&${panel}`, { viewport: { width: 1_900, height: 1_000 } });
  const names = page.locator(".place").first().locator(".legend tbody th button:not(.toggle)");
  const cut = (): Promise<readonly string[]> =>
    names.evaluateAll((all) =>
      all.flatMap((one) => (one.scrollWidth > one.clientWidth ? [one.textContent] : [])),
    );
  await expect.poll(() => names.count()).toBe(3);
  await expect.poll(cut).toEqual([]);
});

test("a table keeps its times and heads on view, whatever is scrolled to", async () => {
  const page = await open("/?metric=http.ms&by=host&table=true", {
    viewport: { width: 390, height: 740 },
  });
  const table = page.locator(".table");
  await table.locator("tbody tr").nth(20).waitFor();
  const placeOf = async (): Promise<readonly number[]> => {
    const [time, head, box] = await Promise.all(
      [table.locator("tbody th").nth(20), table.locator("thead th").nth(5), table].map((one) =>
        one.evaluate((element) => element.getBoundingClientRect().toJSON() as DOMRect),
      ),
    );
    return [time!.left - box!.left, head!.top - box!.top].map(Math.round);
  };
  const before = await placeOf();
  await table.evaluate((box) => box.scrollTo(300, 0));
  await expect.poll(async () => (await placeOf())[0]).toBe(before[0]);
  await table.evaluate((box) => box.scrollTo(300, 200));
  await expect.poll(async () => (await placeOf())[1]).toBe(before[1]);
  await expect
    .poll(() => table.evaluate((box) => [box.scrollLeft, box.scrollTop]))
    .toEqual([300, 200]);
});

test("more minutes than pixels are merged to what can be told apart", async () => {
  const page = await open("/?metric=long.ms&range=6h&resolution=minute", {
    viewport: { width: 390, height: 740 },
  });
  await chartOf(page);
  await point(page, 0.5, 0.5);
  const time = page.locator(".tooltip-time");
  await expect
    .poll(async () => {
      const [from, to] = /(\d+):(\d+) – (\d+):(\d+)/
        .exec((await time.textContent()) ?? "")
        ?.slice(1)
        .map(Number)
        .flatMap((part, i, all) => (i % 2 === 0 ? [part * 60 + all[i + 1]!] : [])) ?? [0, 0];
      return (to! - from! + 1_440) % 1_440;
    })
    .toBe(2);
  await expect.poll(() => page.locator('.tooltip [data-value="count"]').textContent()).toBe("2");
});

test("a chart has the height of a large screen", async () => {
  const page = await open("/?metric=mem.used", { viewport: { width: 3_840, height: 2_160 } });
  const chart = await chartOf(page);
  await expect.poll(async () => (await chart.boundingBox())!.height).toBeGreaterThan(1_500);
  await expect.poll(() => legendOf(page, "max").textContent()).toBe("41");
});
