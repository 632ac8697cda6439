// The page's budgets, measured in a real Chromium against the real server: the built Worker under
// Miniflare (not `wrangler dev`, whose proxy would be measured too), which serves the built page as
// wrangler.toml says. One store has a single metric, the other has 5,000 metrics and 90 days of the
// demo's data. Usage: npm run bench:ui [-- --minutes N] [part …]
//
//   --minutes  of live updates: default 5, in which 12 panels get what one gets in an hour
//   part       weight, first, zoom, scroll, long, memory: default all

import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { launchChromium } from "../test/support/chromium.ts";
import { median } from "./support/client.ts";
import { distribution, type Frames, worst } from "./support/frames.ts";
import { growth, type Sample, watchMemory } from "./support/memory.ts";
import type { RunningMinuet } from "./support/minuet.ts";
import { buildPage, close, openCold, seenAt } from "./support/page.ts";
import { scrollPanels, scrollThrough } from "./support/scroll.ts";
import {
  DAYS,
  DEMO_METRICS,
  FIRST_METRIC,
  METRICS,
  RECENT_METRICS,
  startFull,
  startLive,
  startSmall,
} from "./support/stores.ts";
import { weigh } from "./support/weight.ts";
import { zoom } from "./support/zoom.ts";

const OPENINGS = 15;
const ZOOMS = 7;
const PANELS = 8;
/** Of a long view, of which a screen shows the first few. */
const MANY_PANELS = 40;
const BUCKETS = 1_440;
/** As the other parts of this bench have it. */
const LAPTOP = { width: 1_280, height: 800 };
const DESKTOP = { width: 1_920, height: 1_080 };
const SCROLLS = 3;
/** What a full store may cost before it counts as slower: noise of a median. */
const AS_QUICK = { ratio: 1.1, ms: 50 };
/** What memory may grow by and still be steady: the larger of the two. */
const STEADY = { share: 0.05, bytes: 1_000_000 };

interface Stores {
  readonly small: RunningMinuet;
  readonly full: RunningMinuet;
}

const { values, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "5" } },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes "${values.minutes}" is not a number above 0`);

const kb = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} KB`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
const ms = (time: number): string => `${time.toFixed(0)} ms`;
const spread = (list: readonly number[]): string =>
  `${ms(median(list))} (${Math.min(...list).toFixed(0)} to ${Math.max(...list).toFixed(0)})`;

const verdicts: boolean[] = [];
function judge(what: string, measured: string, budget: string, held: boolean): void {
  verdicts.push(held);
  console.log(
    `  ${what.padEnd(44)} ${measured.padEnd(28)} ${budget.padEnd(20)} ${held ? "held" : "NOT held"}`,
  );
}
const note = (text: string): void => console.log(`  ${text}`);
/** The load says how far the figures below it can be trusted. */
const title = (text: string): void =>
  console.log(`\n${text} [load of the machine: ${loadavg()[0]!.toFixed(1)}]`);

async function weight(browser: Browser, { full }: Stores): Promise<void> {
  title("Weight of the first view: each file that the browser loaded, after gzip -9");
  const { first, script, style, document, files } = await weigh(browser, new URL("/", full.url));
  judge("JavaScript that must be there", kb(first), "≤ 60 KB", first <= 60_000);
  judge("CSS", kb(style), "≤ 9 KB", style <= 9_000);
  note(`JavaScript with what follows by itself, such as the live feed: ${kb(script)}`);
  note(`besides: document ${kb(document)}; files: ${files.join(", ")}`);
}

/** Times of one address in one store, ms. */
interface Views {
  readonly chart: number[];
  /** Its first rows, with names and values. */
  readonly list: number[];
  /** All that is on view, with sparklines. */
  readonly whole: number[];
}

const PATHS = ["/", `/?metric=${FIRST_METRIC}`];

async function viewOnce(browser: Browser, url: URL, { chart, list, whole }: Views): Promise<void> {
  const page = await openCold(browser, { url });
  chart.push(await seenAt(page, "chart"));
  list.push(await seenAt(page, "list"));
  whole.push(await seenAt(page, "sparklines"));
  await close(page);
}

async function firstView(browser: Browser, { small, full }: Stores): Promise<void> {
  title(
    `First view, cold, median of ${OPENINGS}: end of the frame that shows it, since navigation`,
  );
  const none = (): Views => ({ chart: [], list: [], whole: [] });
  const views = PATHS.map((path) => ({ path, small: none(), full: none() }));
  const bare: number[] = [];
  for (let round = 0; round < OPENINGS; round++) {
    const page = await openCold(browser, { url: new URL("/healthz", small.url) });
    bare.push(await seenAt(page, "anything"));
    await close(page);
    for (const view of views) {
      await viewOnce(browser, new URL(view.path, small.url), view.small);
      await viewOnce(browser, new URL(view.path, full.url), view.full);
    }
  }
  for (const { path, full } of views)
    judge(`chart of ${path}`, spread(full.chart), "≤ 700 ms", median(full.chart) <= 700);
  note(`an answer of one line (/healthz) is on the screen after ${spread(bare)}`);
  title(`A day of one metric → ${METRICS} metrics and ${DAYS} days: the same openings`);
  for (const { path, small, full } of views) {
    compare(`chart of ${path}`, small.chart, full.chart);
    compare(`list of ${path}`, small.list, full.list);
    const [base, time] = [median(small.whole), median(full.whole)];
    note(`the whole list with its sparklines: ${ms(base)} → ${ms(time)}`);
  }
}

function compare(what: string, small: readonly number[], full: readonly number[]): void {
  const [base, time] = [median(small), median(full)];
  judge(
    what,
    `${ms(base)} → ${ms(time)}, × ${(time / base).toFixed(2)}`,
    `≤ × ${AS_QUICK.ratio} or + ${AS_QUICK.ms} ms`,
    time <= Math.max(base * AS_QUICK.ratio, base + AS_QUICK.ms),
  );
}

async function scrolling(browser: Browser, stores: Stores): Promise<void> {
  title(`Scrolling through the list, median of the worst frames of ${SCROLLS} rounds`);
  const frames: Record<keyof Stores, Frames[]> = { small: [], full: [] };
  for (let round = 0; round < SCROLLS; round++)
    for (const name of ["small", "full"] as const) {
      const scrolled = await scrollThrough(browser, stores[name].url);
      if (name === "full" && scrolled.rows < METRICS)
        throw new Error(`the list ends after ${scrolled.rows} rows`);
      frames[name].push(scrolled.frames);
    }
  compare(`worst frame, 1 row and ${METRICS}`, frames.small.map(worst), frames.full.map(worst));
  note(`1 row: ${distribution(frames.small)}`);
  note(`${METRICS}: ${distribution(frames.full)}`);
}

async function zooming(browser: Browser, { full }: Stores): Promise<void> {
  title(
    `${PANELS} panels, zoomed by two drags and back, on ${LAPTOP.width} × ${LAPTOP.height}: worst frames of ${ZOOMS} rounds`,
  );
  const metrics = RECENT_METRICS.slice(0, PANELS);
  const { buckets, charts, empty } = await zoom(browser, full.url, metrics, LAPTOP, ZOOMS);
  // Those below the fold are not read.
  const read = buckets.filter((count) => count > 0);
  if (read.length === 0 || read.some((count) => count !== BUCKETS))
    throw new Error(`the charts have ${buckets.join(", ")} buckets`);
  const lengths = charts.map(worst);
  judge(
    `${read.length} of ${PANELS} × ${BUCKETS} buckets on view`,
    spread(lengths),
    "≤ 50 ms",
    median(lengths) <= 50.5,
  );
  note(`an empty page under the same mouse: ${spread(empty.map(worst))}`);
  note(`frames: ${distribution(charts)}`);
  note(`of the empty page: ${distribution(empty)}`);
  note(`tasks over 50 ms a round: ${charts.map(({ longTasks }) => longTasks.length).join(", ")}`);
  // Without a graphics card, the browser puts every frame together on the CPU, pixel by pixel.
  const large = await zoom(browser, full.url, metrics, DESKTOP, ZOOMS);
  note(`on ${DESKTOP.width} × ${DESKTOP.height}: ${spread(large.charts.map(worst))}`);
  note(`frames there: ${distribution(large.charts)}`);
}

/** The cycle of the demo's metrics: a view may show one several times. */
const manyOf = (metrics: readonly string[]): string[] =>
  Array.from({ length: MANY_PANELS }, (_, i) => metrics[i % metrics.length]!);

async function longView(browser: Browser, { full }: Stores): Promise<void> {
  title(`A view of ${MANY_PANELS} panels, scrolled from end to end and zoomed: worst frames`);
  const metrics = manyOf(RECENT_METRICS);
  const scrolled: Frames[] = [];
  for (let round = 0; round < SCROLLS; round++)
    scrolled.push(await scrollPanels(browser, full.url, metrics));
  const lengths = scrolled.map(worst);
  judge("scrolled by the wheel", spread(lengths), "≤ 50 ms", median(lengths) <= 50.5);
  note(`frames: ${distribution(scrolled)}`);
  note(`tasks over 50 ms a round: ${scrolled.map(({ longTasks }) => longTasks.length).join(", ")}`);
  const { charts } = await zoom(browser, full.url, metrics, LAPTOP, SCROLLS);
  const zoomed = charts.map(worst);
  judge("zoomed by two drags and back", spread(zoomed), "≤ 50 ms", median(zoomed) <= 50.5);
  note(`frames: ${distribution(charts)}`);
}

async function memory(browser: Browser, { full }: Stores): Promise<void> {
  const panels = DEMO_METRICS.map((metric) => `metric=${metric}`).join("&");
  title(
    `Memory: ${DEMO_METRICS.length} panels, each told news every second for ${minutes} minutes`,
  );
  const live = startLive(full);
  const url = new URL(`/?${panels}`, full.url);
  const samples = await watchMemory(browser, url, ({ at }) => at >= minutes * 60_000);
  await live.stop();
  const third = Math.floor(samples.length / 3);
  const later = samples.slice(third);
  const grown = growth(later, ({ bytes }) => bytes);
  const allowed = Math.max(STEADY.bytes, STEADY.share * later[0]!.bytes);
  judge(
    "growth over the last two thirds",
    `${mb(grown)} of ${mb(later[0]!.bytes)}`,
    `≤ ${mb(allowed)}`,
    grown <= allowed,
  );
  for (const [name, of] of [
    ["DOM nodes", ({ nodes }: Sample) => nodes],
    ["listeners", ({ listeners }: Sample) => listeners],
  ] as const) {
    const grown = growth(later, of);
    const first = of(later[0]!);
    judge(`${name}, the same`, `${grown.toFixed(0)} of ${first}`, "≤ 5 %", grown <= first * 0.05);
  }
  const thirds = [samples.slice(0, third), samples.slice(-third)];
  const [first, last] = thirds.map((some) => growth(some, ({ bytes }) => bytes));
  note(`first third ${mb(first ?? 0)}, last third ${mb(last ?? 0)}`);
  note(`${samples.at(-1)?.pushes} live updates came; one metric gets 3,600 in an hour at most`);
}

const PARTS: Readonly<Record<string, (browser: Browser, stores: Stores) => Promise<void>>> = {
  weight,
  first: firstView,
  zoom: zooming,
  scroll: scrolling,
  long: longView,
  memory,
};
const parts = (positionals.length > 0 ? positionals : Object.keys(PARTS)).map((name) => {
  const part = PARTS[name];
  if (part === undefined)
    throw new Error(`there is no part "${name}"; there are ${Object.keys(PARTS).join(", ")}`);
  return part;
});
const page = buildPage();
const stores = { small: await startSmall(page), full: await startFull(page) };
const browser = await launchChromium();
for (const part of parts) await part(browser, stores);
console.log(`\n${verdicts.filter(Boolean).length} of ${verdicts.length} held`);
await browser.close();
await Promise.all([stores.small.stop(), stores.full.stop()]);
