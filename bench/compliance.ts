// The public queries of prometheus/compliance, asked of Debian's Prometheus and of Minuet over HTTP about the
// same samples, which both got by remote write: how many answers are equal, and each that is not. Before its
// third version Prometheus counts a sample at the very start of a range, or of what an instant selector looks back
// at, since then no more; what differs is therefore asked of Minuet once more with both a millisecond longer,
// which has that sample: equal then, it differs in that alone. The queries are not part of this repository (prometheus/compliance, promql/promql-test-queries.yml, Apache-2.0).
// Usage: npm run bench:compliance -- PATH/promql-test-queries.yml [--all: those of the start of a range too]

import { readFileSync } from "node:fs";
import { demoSeries, type Sampling, writeAll } from "./support/demo-data.ts";
import { expanded } from "./support/compliance-queries.ts";
import { startPrometheus } from "./support/prometheus.ts";
import { startServer } from "../test/support/server.ts";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: node bench/compliance.ts PATH");
const queries = expanded(readFileSync(path, "utf8"));

const MINUTE = 60_000;
/** How long the samples reach back, and how long before now the range ends; ms. */
const REACH = 110 * MINUTE;
const END_BEFORE = 2 * MINUTE;
const LENGTH = 10 * MINUTE;
const STEP = 10_000;

const SETTINGS: readonly Sampling[] = [60_000, 15_000].flatMap((every) =>
  [0, 0.2].map((jitter) => ({ every, jitter })),
);

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** A matrix by its series, or why there is none. */
type Answer = ReadonlyMap<string, Series["values"]> | string;

async function ask(
  origin: string,
  query: string,
  end: number,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const search = new URLSearchParams({
    query,
    start: String((end - LENGTH) / 1_000),
    end: String(end / 1_000),
    step: String(STEP / 1_000),
    ...more,
  });
  const response = await fetch(`${origin}/api/v1/query_range?${search}`);
  const answer = (await response.json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data: { readonly result: readonly Series[] };
  };
  if (answer.status !== "success") return answer.error ?? String(response.status);
  return new Map(
    answer.data.result.map(({ metric, values }) => [
      JSON.stringify(Object.entries(metric).sort()),
      values,
    ]),
  );
}

/** As the public tool compares: a part of 0.00001, NaN is NaN. Returns the first difference. */
function difference(a: Answer, b: Answer, part = 1e-5): string | undefined {
  if (typeof a === "string" || typeof b === "string")
    return typeof a === typeof b ? undefined : `${textOf(a)} | ${textOf(b)}`;
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(key) ?? [], b.get(key) ?? []];
    const at = [...Array(Math.max(one.length, other.length)).keys()].find(
      (i) => !isEqual(one[i], other[i], part),
    );
    if (at !== undefined)
      return `${key} value ${at + 1} of ${one.length}: ${String(one[at])} | ${String(other[at])}`;
  }
  return undefined;
}

const textOf = (answer: Answer): string =>
  typeof answer === "string" ? answer : `${answer.size} series`;

function isEqual(
  a: readonly [number, string] | undefined,
  b: readonly [number, string] | undefined,
  part: number,
): boolean {
  if (a === undefined || b === undefined || a[0] !== b[0]) return false;
  const [x, y] = [Number(a[1]), Number(b[1])];
  if (Object.is(x, y) || x === y) return true;
  return Math.abs(x - y) <= part * Math.min(Math.abs(x), Math.abs(y));
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: MINUTE, h: 60 * MINUTE };

/** With all ranges a millisecond longer. */
const longer = (query: string): string =>
  query.replace(
    /\[(\d+)([smh])/g,
    (_, count: string, unit: string) => `[${Number(count) * UNITS[unit]! + 1}ms`,
  );

/** A rate over a minute and a millisecond is so much less than one over a minute, and more where it is shorter. */
const PART_OF_LONGER = 1e-4;

for (const sampling of SETTINGS) {
  const [prometheus, minuet] = await Promise.all([startPrometheus(), startServer()]);
  try {
    // Whole minutes; the times that are asked for lie on samples, and then between them.
    const until = Math.floor(Date.now() / MINUTE) * MINUTE;
    const series = demoSeries(until - REACH, until, sampling);
    await writeAll(series, [`${prometheus.origin}/api/v1/write`, `${minuet.url}/api/v1/write`]);
    for (const unaligned of [0, 3_217]) {
      const different: string[] = [];
      const ofStart: string[] = [];
      for (const query of queries) {
        const end = until - END_BEFORE + unaligned;
        const [one, other] = await Promise.all([
          ask(prometheus.origin, query, end),
          ask(`${minuet.url}/prometheus`, query, end),
        ]);
        const found = difference(one, other);
        if (found === undefined) continue;
        const closed = await ask(`${minuet.url}/prometheus`, longer(query), end, {
          lookback_delta: "300.001",
        });
        const isOfStart = difference(one, closed, PART_OF_LONGER) === undefined;
        (isOfStart ? ofStart : different).push(`  ${query}\n    ${found}`);
      }
      const equal = queries.length - different.length - ofStart.length;
      console.log(
        `every ${sampling.every / 1_000} s, ${sampling.jitter === 0 ? "without" : "with"} jitter, ${unaligned === 0 ? "aligned" : "unaligned"}: ${equal} of ${queries.length} equal, ${((100 * equal) / queries.length).toFixed(1)} %; ${ofStart.length} differ in the start of a range alone, ${different.length} otherwise`,
      );
      for (const one of different) console.log(one);
      if (process.argv.includes("--all")) for (const one of ofStart) console.log(one);
    }
  } finally {
    prometheus.stop();
    await minuet.stop();
  }
}
process.exit(0);
