// How fast bodies become points, a row a format: millions of points a second of CPU time, in Node and in
// workerd, up to the columns that batches are made of. Bodies of 10,000 points in 100 series. CPU time is
// that of the process, by the system's count: other work on the machine does not count, but the
// collector does. Usage: npm run bench:decode [-- part of a name]

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundle, COMPATIBLE } from "./support/bundle.ts";
import { workerdMs } from "./support/cpu-of.ts";
import { POINTS } from "./support/decode-bodies.ts";
import { type Case, CASES, decodeRuns } from "./support/decode-runs.ts";

const ROUNDS = 5;
const RUNS = 25;
/** Millions a second, of any of its bodies. */
const TARGETS: Readonly<Record<string, number>> = {
  JSON: 0.7,
  "Influx line protocol": 1.5,
  "Prometheus remote write": 1,
  "Prometheus remote write 2": 1,
  OTLP: 0.5,
};

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

/** Millions of points a second, of so many ms. */
const rate = (ms: number): number => (RUNS * POINTS) / ms / 1_000;

function inNode(one: Case): number {
  decodeRuns(one, RUNS);
  const rates = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    decodeRuns(one, RUNS);
    const { user, system } = process.cpuUsage(before);
    return rate((user + system) / 1_000);
  });
  return median(rates);
}

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "decode-worker.js", contents: bundle("decode-worker") }],
    compatibilityDate: COMPATIBLE,
  }),
);
const url = await miniflare.ready;

async function inWorkerd(one: Case): Promise<number> {
  const decode = async (): Promise<void> => {
    const where = new URL(`/?case=${CASES.indexOf(one)}&runs=${RUNS}`, url);
    // Nothing listens to a connection that is kept while Node decodes.
    const response = await fetch(where, { headers: { connection: "close" } });
    if (!response.ok) throw new Error(await response.text());
    await response.text();
  };
  await decode();
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = workerdMs();
    await decode();
    rates.push(rate(workerdMs() - before));
  }
  return median(rates);
}

const [part = ""] = process.argv.slice(2);
const row = (format: string, what: string, ...cells: readonly string[]): string =>
  [format.padEnd(28), what.padEnd(18), ...cells.map((cell) => cell.padStart(8))].join("  ");
console.log(row("M points/s", "", "Node", "workerd", "target"));
let held = true;
for (const one of CASES.filter(({ format }) => format.includes(part))) {
  const rates = [inNode(one), await inWorkerd(one)];
  const target = TARGETS[one.format];
  if (target !== undefined && Math.min(...rates) < target) held = false;
  const cells = rates.map((millions) => millions.toFixed(2));
  console.log(row(one.format, one.what, ...cells, target === undefined ? "" : `≥ ${target}`));
}
await miniflare.dispose();
console.log(held ? "\nevery target is held" : "\na target is missed");
process.exitCode = held ? 0 : 1;
