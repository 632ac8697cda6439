// `npm run demo`: fills a running server with believable data, then goes on as if it were live.

import { chunks, liveRequest, requestOf } from "./demo/backfill.ts";
import { catalogue, type Series } from "./demo/catalogue.ts";
import { Client } from "./demo/client.ts";
import { type DemoOptions, parseOptions, USAGE } from "./demo/options.ts";
import { figure, Progress } from "./demo/progress.ts";
import { runScript } from "./stop.ts";

async function fill(options: DemoOptions, series: readonly Series[]): Promise<void> {
  const todo = chunks(Date.now(), options.days);
  const many = { long: 0, recent: 0 };
  for (const { history } of series) many[history]++;
  const minutes = (from: number, to: number): number => Math.round((to - from) / 60_000);
  const all = todo.reduce(
    (sum, { history, from, to }) => sum + many[history] * minutes(from, to),
    0,
  );
  console.log(`Filling ${options.url} with ${options.days} days of ${series.length} series …`);
  const progress = new Progress(process.stdout, all);
  const client = new Client(options, (why, ms) =>
    progress.note(`Waiting ${Math.round(ms / 100) / 10} s: ${why}`),
  );
  let repeated = 0;
  for (const chunk of todo) {
    const request = requestOf(chunk, series, options.seed);
    if (await client.post(request)) repeated += request.points;
    progress.add(many[chunk.history] * minutes(chunk.from, chunk.to));
  }
  progress.end();
  if (repeated > 0)
    console.log(`${figure(repeated)} of the points were there already, and count once.`);
}

async function live(options: DemoOptions, series: readonly Series[]): Promise<never> {
  console.log(`Sending a point of each series every ${options.every} s; Ctrl+C ends it.`);
  const client = new Client(options, (why, ms) => console.log(`Waiting ${ms / 1_000} s: ${why}`));
  const step = options.every * 1_000;
  for (;;) {
    await client.post(liveRequest(Date.now(), series, options.seed));
    await new Promise((resolve) => setTimeout(resolve, step - (Date.now() % step)));
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
  await fill(options, series);
  console.log(`See ${options.url}`);
  if (options.live) await live(options, series);
});
