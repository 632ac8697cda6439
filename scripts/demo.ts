// `npm run demo`: fills a running server with believable data, then goes on as if it were live.

import {
  chunks,
  due,
  type Held,
  minutesFrom,
  missing,
  oldestOf,
  presentFrom,
  requestOf,
} from "./demo/backfill.ts";
import { catalogue, type Series } from "./demo/catalogue.ts";
import { Client } from "./demo/client.ts";
import { type DemoOptions, parseOptions, USAGE } from "./demo/options.ts";
import { figure, Progress } from "./demo/progress.ts";
import { runScript } from "./stop.ts";

const HISTORIES = ["long", "recent"] as const;
type HeldOfAll = Readonly<Record<(typeof HISTORIES)[number], Held>>;

const clientOf = (options: DemoOptions, note: (text: string) => void): Client =>
  new Client(options, (why, ms) => note(`Waiting ${Math.round(ms / 100) / 10} s: ${why}`));

/** A request has all series of its kind, so one of them says which were stored. */
async function heldOf(
  client: Client,
  series: readonly Series[],
  now: number,
  days: number,
): Promise<HeldOfAll> {
  const held = async (history: Series["history"]): Promise<Held> => {
    const { metric } = series.find((one) => one.history === history)!;
    const range = (from: number) => ({ metric, from: Math.min(from, now), to: now });
    return {
      hours: await client.held("hour", range(oldestOf(now, days))),
      minutes: await client.held("minute", range(minutesFrom(now))),
    };
  };
  return { long: await held("long"), recent: await held("recent") };
}

/** Fills the past, and returns from when on the present is to be sent. */
async function fill(options: DemoOptions, series: readonly Series[]): Promise<number> {
  const { days, every } = options;
  const now = Date.now();
  const held = await heldOf(clientOf(options, console.log), series, now, days);
  const many = { long: 0, recent: 0, all: 0 };
  for (const { history } of series) many[history]++;
  const points = (list: ReturnType<typeof chunks>): number =>
    Math.round(
      list.reduce((sum, { history, from, to }) => sum + (many[history] * (to - from)) / every, 0),
    );
  const planned = chunks(now, days, every);
  const todo = planned.flatMap((chunk) =>
    chunk.history === "all" ? [chunk] : missing(chunk, held[chunk.history], minutesFrom(now)),
  );
  const there = points(planned) - points(todo);
  if (there > 0) console.log(`About ${figure(there)} of the points are there already.`);
  console.log(`Filling ${options.url} with ${days} days of ${series.length} series …`);
  const progress = new Progress(process.stdout, points(todo));
  const client = clientOf(options, (text) => progress.note(text));
  for (const chunk of todo) {
    const request = requestOf(chunk, series, options);
    if (request.points > 0) await client.post(request);
    progress.add(points([chunk]));
  }
  progress.end();
  return presentFrom(now, Object.values(held));
}

async function live(options: DemoOptions, series: readonly Series[], from: number): Promise<never> {
  console.log(`Sending a point of each series every ${options.every / 1_000} s; Ctrl+C ends it.`);
  const client = clientOf(options, console.log);
  for (let sent = from; ;) {
    for (const chunk of due(sent, Date.now())) {
      const request = requestOf(chunk, series, options);
      if (request.points > 0) await client.post(request);
      sent = chunk.to;
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000 - (Date.now() % 1_000)));
  }
}

await runScript(async () => {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === undefined) {
    console.log(USAGE);
    return;
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      console.log();
      process.exit(0);
    });
  const series = catalogue(options.seed);
  const from = await fill(options, series);
  console.log(`See ${options.url}`);
  if (options.live) await live(options, series, from);
});
