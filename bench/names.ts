// What series, names and labels there are, for clients of Prometheus, of a store of 25,000 series: expected ≤ 50 ms
// each, once they were read. Usage: npm run bench:names [-- machines]

import { DAY, HOUR } from "../src/core/tiers.ts";
import { median, milliseconds } from "./support/client.ts";
import { workerdMs } from "./support/cpu-of.ts";
import { fleet } from "./support/fleet.ts";
import { fillPast, RETENTION } from "./support/fleet-store.ts";
import { startMinuet } from "./support/minuet.ts";

const MACHINES = Number(process.argv[2] ?? 1_250);
const EXPECTED = 50;
const RUNS = 15;

const QUESTIONS: readonly (readonly [name: string, path: string])[] = [
  ["names of metrics", "label/__name__/values"],
  ["names of labels", "labels"],
  ["values of a label", "label/instance/values"],
  [
    "values of a label of a metric",
    `label/mode/values?match[]=${encodeURIComponent("node_cpu_seconds_total")}`,
  ],
  ["series of a machine", `series?match[]=${encodeURIComponent('{instance="host-7"}')}`],
  ["series of a metric, all machines", "series?match[]=up"],
  [
    "series of an expression",
    `series?match[]=${encodeURIComponent('{__name__=~"http.*",instance=~"host-1.",code!=""}')}`,
  ],
];

const series = fleet(MACHINES);
const minuet = await startMinuet({ variables: RETENTION });
try {
  const now = Date.now();
  const to = Math.floor(now / HOUR) * HOUR;
  const since = Math.floor(to / DAY) * DAY - DAY;
  await fillPast(minuet.miniflare, { series, since, to, every: HOUR }, now);
  console.log(`${series.length} series; median of ${RUNS}, ms`);
  for (const [name, path] of QUESTIONS) {
    let length = 0;
    const ask = (): Promise<number> =>
      milliseconds(async () => {
        const response = await fetch(new URL(`/prometheus/api/v1/${path}`, minuet.direct));
        const { data } = (await response.json()) as { readonly data: readonly unknown[] };
        length = data.length;
      });
    await ask();
    const times: number[] = [];
    const before = workerdMs();
    for (let run = 0; run < RUNS; run++) times.push(await ask());
    const took = median(times);
    const cpu = (workerdMs() - before) / RUNS;
    console.log(
      `${name.padEnd(34)} ${took.toFixed(0).padStart(5)}, CPU ${cpu.toFixed(0)}, ${length} found   ≤ ${EXPECTED}: ${took <= EXPECTED ? "held" : "NOT held"}`,
    );
  }
} finally {
  await minuet.stop();
}
process.exit(0);
