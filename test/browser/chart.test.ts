// What a panel shows: lines, gaps, statistics, units, splits, filters, the legend, the period before.

import { beforeAll, describe, expect, test } from "vitest";
import {
  chartOf,
  lastMinutes,
  legendOf,
  MINUTE,
  numberOf,
  panelOf,
  question,
  site,
  lengthOf,
  rangeOf,
} from "./pages.ts";

const store = site();
const { open, post } = store;

const CPU = "/?metric=cpu.load";

/** Start of the minute in which the points below were made. */
let seeded = 0;

beforeAll(async () => {
  seeded = Math.floor(Date.now() / MINUTE) * MINUTE;
  const load = (host: string, zone: string, base: number) => ({
    name: "cpu.load",
    labels: { host, zone },
    // A hole of five minutes, half an hour ago.
    datapoints: lastMinutes(180, (ago) =>
      ago >= 30 && ago < 35 ? undefined : base + (ago % 7) / 10,
    ),
  });
  await post([
    load("a", "eu", 1),
    load("b", "eu", 3),
    load("c", "us", 9),
    { name: "disk.free_bytes", datapoints: lastMinutes(9, () => 3 * 2 ** 30) },
    { name: "long.ago", value: 5, timestamp: Date.now() - 26 * 60 * MINUTE },
    { name: "extreme", datapoints: lastMinutes(3, (ago) => (ago === 2 ? 1.7e308 : -1.7e308)) },
    { name: "huge", datapoints: lastMinutes(30, (ago) => 1e33 * (1 + (ago % 5))) },
    { name: "enormous", datapoints: lastMinutes(30, () => 1e308) },
    ...Array.from({ length: 50 }, (_, i) => ({
      name: "many.ms",
      labels: { host: `h${i}` },
      // One that is small, but for a minute.
      datapoints: lastMinutes(50, (ago) => (i === 3 && ago === 20 ? 928 : i)),
    })),
  ]);
});

describe("a line", () => {
  test("is merged of all series, with its gap and the bucket that is filling", async () => {
    // Also of the next minute, which may have come before the page looks.
    const now = Date.now();
    const before = lastMinutes(90, (ago) => (ago >= 30 && ago < 35 ? undefined : ago % 7));
    const datapoints = [...before, [now, 2], [now + MINUTE, 3]];
    await post({ name: "drawn", datapoints, labels: { host: "a" } });
    await post({ name: "drawn", datapoints, labels: { host: "b" } });
    const page = await open("/?metric=drawn");
    const chart = await chartOf(page);
    await expect.poll(() => chart.getAttribute("data-resolution")).toBe("minute");
    await expect.poll(() => numberOf(chart, "lines")).toBe(1);
    await expect.poll(() => numberOf(chart, "gaps")).toBe(1);
    await expect.poll(() => numberOf(chart, "open")).toBe(1);
    await expect.poll(() => numberOf(chart, "buckets")).toBeGreaterThanOrEqual(54);
    await expect.poll(() => legendOf(page, "max").textContent()).toBe("6");
    const painted = await chart.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext("2d");
      const { data } = context!.getImageData(0, 0, canvas.width, canvas.height);
      // Pixels that are clearly blue: the line and its band, not the axes.
      let blue = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 2]! - data[i]! > 60 && data[i + 3]! > 40) blue++;
      return blue;
    });
    expect(painted).toBeGreaterThan(200);
    await expect.poll(() => page.locator(".foot").textContent()).toContain("Europe/Berlin (GMT+1)");
  });

  test("tells its numbers under the crosshair, and nothing where nothing is", async () => {
    const page = await open(`${CPU}&where=zone%3Deu`);
    const chart = await chartOf(page);
    const box = (await chart.locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 2);
    const tooltip = page.locator("[data-tooltip]");
    await tooltip.waitFor();
    await expect.poll(() => tooltip.locator("[data-value=count]").textContent()).toBe("2");
    const number = async (name: string): Promise<number> =>
      Number(await tooltip.locator(`[data-value=${name}]`).textContent());
    expect((await number("max")) - (await number("min"))).toBeCloseTo(2);
    await expect.poll(() => number("avg")).toBeCloseTo((await number("sum")) / 2);
    // The legend follows the crosshair.
    await expect
      .poll(() => legendOf(page, "last").textContent())
      .toBe(await tooltip.locator("[data-value=avg]").textContent());
    // The middle of the hole.
    const [from, to] = await rangeOf(chart);
    const hole = seeded - 32.5 * MINUTE;
    await page.mouse.move(box.x + (box.width * (hole - from)) / (to - from), box.y + 20);
    await tooltip.getByText("No points here").waitFor();
    await page.keyboard.press("Tab");
  });

  test.each(["extreme", "huge", "enormous"])(
    "of %s numbers is drawn, with labels on its axis",
    async (metric) => {
      const page = await open(`/?metric=${metric}`);
      const chart = await chartOf(page);
      await expect.poll(() => numberOf(chart, "buckets")).toBeGreaterThanOrEqual(3);
      const painted = await chart.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
        const context = canvas.getContext("2d")!;
        const ratio = canvas.width / canvas.clientWidth;
        const { data, width } = context.getImageData(0, 0, canvas.width, canvas.height);
        // Left of the chart there are only the labels of its values, below it those of times.
        const [edge, floor] = [70 * ratio, canvas.height - 50 * ratio];
        const found = { labels: 0, line: 0 };
        for (let i = 0; i < data.length; i += 4) {
          const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)];
          if (y < floor && x < edge && data[i + 3]! > 100) found.labels++;
          if (y < floor && x > edge && data[i + 2]! - data[i]! > 60 && data[i + 3]! > 100)
            found.line++;
        }
        return found;
      });
      expect(painted.labels).toBeGreaterThan(100);
      expect(painted.line).toBeGreaterThan(30);
    },
  );

  test("connects what reports every five minutes, or once a minute with jitter", async () => {
    const now = Date.now();
    const points = (count: number, at: (i: number) => number) =>
      Array.from({ length: count }, (_, i): [number, number] => [Math.round(at(i)), i % 9]);
    const jitter = (i: number): number => Math.sin(i * 12.9898) * 800;
    await post([
      { name: "slow.temp", datapoints: points(288, (i) => now - i * 5 * MINUTE) },
      {
        name: "slow.jitter",
        datapoints: points(1_440, (i) => now - 2_000 - i * MINUTE + jitter(i)),
      },
      { name: "slow.odd", datapoints: points(1_300, (i) => now - i * 65_000) },
    ]);
    for (const metric of ["slow.temp", "slow.jitter", "slow.odd"]) {
      const page = await open(`/?metric=${metric}&range=24h`);
      const chart = await chartOf(page, '[data-resolution="minute"]');
      await expect.poll(() => numberOf(chart, "buckets")).toBeGreaterThan(280);
      await expect.poll(() => numberOf(chart, "gaps")).toBe(0);
    }
    // The list says the same of its last hour.
    const page = await open("/?metric=slow.temp");
    const row = page.locator("[data-metric='slow.temp'] .sparkline path");
    await expect.poll(() => row.first().getAttribute("d")).toMatch(/^M[^M]+$/);
    await expect.poll(() => row.nth(1).getAttribute("d")).toBe("");
  });

  test("asks another question when range or resolution change", async () => {
    const page = await open(CPU);
    await chartOf(page);
    let asked = question(page, "resolution=hour");
    await page.locator("a[data-resolution=hour]").click();
    await asked;
    let chart = await chartOf(page, '[data-resolution="hour"]');
    expect(await lengthOf(chart)).toBeLessThanOrEqual(120 * MINUTE);
    expect(page.url()).toContain("resolution=hour");
    asked = question(page, "from=-7d");
    await page.locator("a[data-range='7d']").click();
    await asked;
    chart = await chartOf(page, '[data-resolution="hour"]');
    await expect.poll(() => numberOf(chart, "buckets")).toBeGreaterThanOrEqual(3);
    await page.locator("a[data-resolution=day]").click();
    await chartOf(page, '[data-resolution="day"]');
    // Its buckets are days of UTC, wherever the reader is.
    await page.locator(".foot").getByText("days of UTC").waitFor();
    await page.locator("a[data-resolution=auto]").click();
    await chartOf(page, '[data-resolution="hour"]');
    // The resolution that "Auto" chose is marked.
    await page.locator("a.used[data-resolution=hour]").waitFor();
  });

  test("offers a range with points when this one is empty", async () => {
    const page = await open("/?metric=long.ago");
    await page.locator("[data-state=empty]").waitFor();
    await page.getByRole("button", { name: "Show the last 7d" }).click();
    expect(await numberOf(await chartOf(page), "buckets")).toBe(1);
  });
});

describe("what is drawn of it", () => {
  test("any statistic, without another question", async () => {
    // A range that is over: a live one may be asked again at any time.
    const [from, to] = [seeded - 120 * MINUTE, seeded - 60 * MINUTE];
    const page = await open(`${CPU}&from=${from}&to=${to}`);
    await chartOf(page);
    let questions = 0;
    page.on("request", (request) => {
      if (request.url().includes("/api/v1/query")) questions++;
    });
    await page.getByLabel("Statistic").selectOption("max");
    expect(page.url()).toContain("stat=max");
    await chartOf(page);
    expect(questions).toBe(0);
  });

  test("a percentile, asked only when it is chosen; where there is none the line is broken, and it says why", async () => {
    const values = [1, 2, 3, 4];
    await post([
      // Of 20 minutes each has four points; that of 10 minutes ago has 12 more.
      {
        name: "spread.ms",
        datapoints: lastMinutes(20, () => 0).flatMap(([at]) =>
          values.map((value, i) => [at! + i * 1_000, value]),
        ),
      },
      {
        name: "spread.ms",
        datapoints: lastMinutes(20, () => 0)
          .slice(9, 10)
          .flatMap(([at]) => values.map((value, i) => [at! + 5_000 + i * 1_000, value])),
      },
      {
        name: "dense.ms",
        datapoints: lastMinutes(5, () => 0).flatMap(([at]) =>
          Array.from({ length: 7 }, (_, i) => [at! + i * 1_000, i]),
        ),
      },
    ]);
    const page = await open("/?metric=spread.ms");
    await chartOf(page, '[data-gaps="0"]');
    const asked = question(page, "stat=p95");
    await page.getByLabel("Statistic").selectOption("p95");
    await asked;
    await chartOf(page, '[data-gaps="1"]');
    expect(page.url()).toContain("stat=p95");
    await expect.poll(() => legendOf(page, "max").textContent()).toBe("3.85 ms");
    await page.getByText("No percentile where a minute had too many points").waitFor();
    await page.goto(page.url().replace("spread", "dense"));
    await page.getByText("No percentiles in this range").waitFor();
  });

  test("in the unit of its name, or another", async () => {
    const page = await open("/?metric=disk.free_bytes");
    await chartOf(page);
    await expect.poll(() => legendOf(page, "avg").textContent()).toBe("3 GiB");
    await page.getByLabel("Unit").selectOption("seconds");
    await expect.poll(() => legendOf(page, "avg").textContent()).not.toContain("GiB");
    expect(page.url()).toContain("unit=seconds");
  });

  test("split by a label, and filtered by another", async () => {
    const page = await open(CPU);
    await chartOf(page);
    let asked = question(page, "by=host");
    await page.getByLabel("Split by").selectOption("host");
    await asked;
    await chartOf(page, '[data-lines="3"]');
    await expect
      .poll(() => page.locator(".legend tbody th").allTextContents())
      .toEqual(["host=a", "host=b", "host=c"]);
    asked = question(page, "by=host", "where=zone");
    await page.getByLabel("Add a filter").click();
    await page.getByLabel("Label", { exact: true }).selectOption("zone");
    await page.getByLabel("Value").fill("eu");
    await page.getByLabel("Value").press("Enter");
    await asked;
    await chartOf(page, '[data-lines="2"]');
    expect(page.url()).toContain("by=host&where=zone%3Deu");
    await page.getByRole("button", { name: "Remove the filter zone=eu" }).click();
    await chartOf(page, '[data-lines="3"]');
    await page.goBack();
    await chartOf(page, '[data-lines="2"]');
  });

  test("a filter that the server refuses says why, in words, and goes by a button", async () => {
    const page = await open(`${CPU}&where=host%3D~(`);
    const failed = page.locator("[data-state=failed]");
    await failed.getByText("The filter host=~( cannot be read").waitFor();
    await failed.getByText("missing closing )").waitFor();
    await failed.getByRole("button", { name: "Remove this filter" }).click();
    await chartOf(page);
    // One of all panels, which is no filter at all: dropped unsaid, it would show more than was meant.
    await page.goto(page.url().replace("metric=", "where=zone&metric="));
    await failed.getByText("The filter zone cannot be read").waitFor();
    await failed.getByRole("button", { name: "Remove this filter" }).click();
    await chartOf(page);
  });

  test("the period before, dashed", async () => {
    const page = await open(CPU);
    await chartOf(page, '[data-before="0"]');
    const asked = page.waitForRequest((request) =>
      /\/query.*from=1\d+&to=1\d+&resolution=minute/.test(request.url()),
    );
    await page.getByLabel("Compare").selectOption("vs before");
    await asked;
    await chartOf(page, '[data-before="1"]');
    expect(page.url()).toContain("compare=period");
  });

  test("a time without points is said, as nothing is drawn of it", async () => {
    await post([{ name: "newborn.load", value: 1 }]);
    const page = await open("/?metric=newborn.load");
    await chartOf(page, '[data-before="0"]');
    const none = page.getByText("No points in the time compared with");
    expect(await none.count()).toBe(0);
    await page.getByLabel("Compare").selectOption("vs 1 d ago");
    await none.waitFor();
    await page.getByLabel("Compare").selectOption("Compare");
    await expect.poll(() => none.count()).toBe(0);
    // That is not why there are none where nobody answers.
    await page.route(/\/query\?.*from=1\d+/, (route) => route.abort());
    await page.getByLabel("Compare").selectOption("vs 7 d ago");
    await page
      .getByText("The time compared with could not be asked for: The server does not answer")
      .waitFor();
    expect(await none.count()).toBe(0);
  });

  test("the day before, with the change of each line in the legend and under the crosshair", async () => {
    const day = 24 * 60 * MINUTE;
    const at = Date.now() - 10 * MINUTE;
    const of = (host: string, then: number, now: number) => [
      { name: "daily.load", labels: { host }, value: then, timestamp: at - day },
      { name: "daily.load", labels: { host }, value: now, timestamp: at },
    ];
    await post([...of("a", 40, 50), ...of("b", 8, 2), ...of("c", 0, 2)]);
    const page = await open("/?metric=daily.load&by=host");
    await chartOf(page, '[data-before="0"]');
    await page.getByLabel("Compare").selectOption("vs 1 d ago");
    const chart = await chartOf(page, '[data-before="3"]');
    await expect.poll(() => legendOf(page, "before", "host=a").textContent()).toBe("40");
    await expect.poll(() => legendOf(page, "change", "host=a").textContent()).toBe("+25 %");
    await expect.poll(() => legendOf(page, "change", "host=b").textContent()).toBe("−75 %");
    await expect.poll(() => legendOf(page, "change", "host=c").textContent()).toBe("–");
    await chart.getByRole("application").focus();
    await page.keyboard.press("ArrowLeft");
    const lines = page.locator("[data-tooltip] tbody tr");
    await expect
      .poll(() => lines.locator("[data-change]").allTextContents())
      .toEqual(["+25 %", "−75 %", "–"]);
    await page.keyboard.press("Tab");
  });

  test("the period before is another one, also where buckets are longer than the range", async () => {
    await post([
      { name: "daily", value: 7, timestamp: Date.now() },
      { name: "daily", value: 30, timestamp: Date.now() - 24 * 60 * MINUTE },
    ]);
    const page = await open("/?range=6h&resolution=day&compare=period&metric=daily");
    const chart = await chartOf(page, '[data-before="1"]');
    await chart.getByRole("application").focus();
    await page.keyboard.press("ArrowLeft");
    const tooltip = page.locator("[data-tooltip]");
    await expect.poll(() => tooltip.locator("[data-value=before]").textContent()).toBe("30");
    await expect.poll(() => tooltip.locator("[data-value=avg]").textContent()).toBe("7");
  });

  test("as a table", async () => {
    const page = await open("/?metric=disk.free_bytes");
    await chartOf(page);
    await page.getByRole("button", { name: "Show as table" }).click();
    const table = page.getByRole("region", { name: "Buckets of disk.free_bytes" });
    await table.waitFor();
    await expect.poll(() => table.locator("tbody tr").count()).toBe(9);
    await expect.poll(() => table.locator("tbody td").first().textContent()).toBe("3 GiB");
    expect(page.url()).toContain("table=true");
  });
});

describe("the legend", () => {
  test("isolates on a click, and toggles with Ctrl", async () => {
    const page = await open(`${CPU}&by=host`);
    await chartOf(page, '[data-lines="3"]');
    const name = (host: string) =>
      page.locator(".legend").getByRole("button", { name: `host=${host}`, exact: true });
    await name("b").click();
    await chartOf(page, '[data-lines="1"]');
    const colour = () =>
      page.locator(".legend tr", { hasText: "host=b" }).locator(".swatch").getAttribute("style");
    const alone = await colour();
    await name("c").click({ modifiers: ["ControlOrMeta"] });
    await chartOf(page, '[data-lines="2"]');
    expect(new URL(page.url()).searchParams.getAll("only")).toHaveLength(2);
    // From the keyboard as well.
    await page.getByRole("button", { name: "Draw host=a" }).press("Enter");
    await chartOf(page, '[data-lines="3"]');
    expect(await colour()).toBe(alone);
    await name("a").click();
    await name("a").click();
    await chartOf(page, '[data-lines="3"]');
    expect(page.url()).not.toContain("only=");
  });

  test("keeps 50 series readable: the ten largest are drawn, the others can be", async () => {
    const page = await open("/?metric=many.ms&by=host");
    await chartOf(page, '[data-lines="10"][data-series="50"]');
    await expect.poll(() => page.locator(".legend tbody tr").count()).toBe(50);
    await page.locator("[data-cut]").getByText("The 10 largest of 50 series by avg").waitFor();
    // What is not drawn by itself is the grey between, and the spike is drawn and said all the same.
    await expect
      .poll(() => page.locator(".about").textContent())
      .toContain("highest 928 ms, host=h3 ·");
    const spike = page.locator(".legend tbody tr", { hasText: "host=h3" });
    await expect.poll(() => spike.first().getAttribute("data-drawn")).toBe("true");
    await page.locator(".legend thead").getByRole("button", { name: "max" }).click();
    const first = page.locator(".legend tbody th").first();
    await expect.poll(() => first.textContent()).toBe("host=h3");
    await page.locator(".legend").getByRole("button", { name: "host=h3", exact: true }).click();
    await chartOf(page, '[data-lines="1"]');
  });
});

test("of a few series each is drawn at first, and what is said of several is of their line", async () => {
  const page = await open("/?metric=disk.free_bytes");
  await chartOf(page);
  const row = page.locator('.metric[data-metric="cpu.load"]');
  // The mean of the three in the last minute, not the value of one of them.
  const mean = await row.locator(".value").textContent();
  expect(Number(mean)).toBeCloseTo((1.1 + 3.1 + 9.1) / 3, 1);
  await row.click();
  await chartOf(page, '[data-metric="cpu.load"][data-lines="3"]');
  expect(page.url()).toContain("metric=cpu.load&by=*");
  await page.getByLabel("Split by").selectOption("all as one");
  await chartOf(page, '[data-lines="1"]');
  await expect.poll(() => legendOf(page, "last").textContent()).toBe(mean);
});

describe("of more series than an answer holds", () => {
  test("the largest by the statistic is drawn and comes first, however few its points", async () => {
    await post([
      ...Array.from({ length: 100 }, (_, i) => ({
        name: "spiky",
        labels: { host: `h${i}` },
        datapoints: lastMinutes(2, () => 5),
      })),
      { name: "spiky", labels: { host: "zz" }, datapoints: lastMinutes(1, () => 9_999) },
    ]);
    const page = await open("/?metric=spiky&by=host&stat=max");
    await chartOf(page, '[data-lines="10"][data-series="100"]');
    const first = page.locator(".legend tbody tr").first();
    await expect.poll(() => first.locator("th").textContent()).toBe("host=zz");
    await expect.poll(() => first.getAttribute("data-drawn")).toBe("true");
    await expect.poll(() => legendOf(page, "max").textContent()).toBe("9,999");
    await page
      .locator("[data-cut]")
      .getByText("The 10 largest of 101 series by max are drawn: the legend has the 100 largest")
      .waitFor();
    // By the number of points it is the last: the server is asked for others.
    const asked = question(page, "order=count");
    await page.getByLabel("Statistic").selectOption("count");
    await asked;
    await chartOf(page, '[data-series="100"]');
    await expect.poll(() => page.locator(".legend").getByText("host=zz").count()).toBe(0);
  });
});

test("of 500 series one that spikes is drawn, listed and told, the others lie in the grey; live as well", async () => {
  const fleet = (host: number, value: number) => ({
    name: "fleet.load",
    labels: { host: `h${host}` },
    value,
    timestamp: Date.now(),
  });
  await post(
    Array.from({ length: 500 }, (_, i) => ({
      name: "fleet.load",
      labels: { host: `h${i}` },
      // On average h7 is behind all hundred that are known.
      datapoints: lastMinutes(20, (ago) => (i === 7 && ago === 9 ? 928 : 40 + i / 10)),
    })),
  );
  const page = await open("/?metric=fleet.load&by=host");
  await chartOf(page, '[data-lines="10"][data-series="100"]');
  const drawn = page.locator(".legend tr[data-drawn=true] th");
  await expect.poll(() => drawn.allTextContents()).toContain("host=h7");
  await page.getByText("highest 928, host=h7").waitFor();
  await page.getByText("The others lie in the grey").waitFor();
  await post(fleet(3, 9_000));
  await page.getByText("highest 9,000, host=h3").waitFor();
  await expect.poll(() => drawn.allTextContents()).toContain("host=h3");
  await expect.poll(() => drawn.count()).toBe(10);
});

describe("several panels", () => {
  test("share range and crosshair, and can be closed or shown alone", async () => {
    const page = await open(`${CPU}&metric=many.ms&metric=disk.free_bytes`);
    for (const metric of ["cpu.load", "many.ms", "disk.free_bytes"])
      await chartOf(page, `[data-metric="${metric}"]`);
    const box = (await panelOf(page, "cpu.load").locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const line = panelOf(page, "many.ms").locator(".u-cursor-x");
    await expect
      .poll(async () => (await line.boundingBox())?.x ?? 0)
      .toBeGreaterThan(box.x + box.width / 2 - 30);
    // Only the chart under the pointer tells its numbers.
    await expect.poll(() => page.locator("[data-tooltip]").count()).toBe(1);
    await page.getByRole("button", { name: "Close many.ms" }).click();
    await expect.poll(() => page.locator(".panel").count()).toBe(2);
    await panelOf(page, "disk.free_bytes").getByRole("button", { name: "Show alone" }).click();
    await expect.poll(() => page.locator(".panel").count()).toBe(1);
    await page.goBack();
    await expect.poll(() => page.locator(".panel").count()).toBe(2);
  });

  test("each asks once", async () => {
    const page = await open("/docs");
    const questions: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/api/v1/")) questions.push(new URL(request.url()).pathname);
    });
    await page.goto(`${store.server.url}${CPU}&metric=many.ms&from=1100000000000&to=1100003600000`);
    await page.locator(".panel[data-state=empty]").nth(1).waitFor();
    const queries = questions.filter((path) => path === "/api/v1/query");
    expect(queries).toHaveLength(2);
    expect(questions.filter((path) => path === "/api/v1/metrics")).toHaveLength(1);
  });
});
