// How long answers take, beside VictoriaMetrics and InfluxDB where they are installed: 100 series × 1
// year × 1 minute, the same answers first; then 10,000 series of one metric; then what an import of
// that year does to ordinary questions. Usage: npm run bench:query [-- days]

import { DAY, HOUR, MINUTE } from "../src/core/tiers.ts";
import { Client, median, milliseconds } from "./support/client.ts";
import { startMinuet } from "./support/minuet.ts";
import { type Peer, type Question, startPeers } from "./support/peers.ts";
import { fillWide, WIDE, WIDE_QUESTIONS } from "./support/wide.ts";
import {
  askMinuet,
  differs,
  HOSTS,
  requests,
  writeMinuet,
  writePeer,
  yearOf,
} from "./support/year.ts";

const DAYS = Number(process.argv[2] ?? 365);
const RUNS = 7;
/** Runs of the cron at most, of which production has one a minute. */
const CRONS = 60;

const minuet = await startMinuet({
  variables: {
    RETENTION_MINUTE_DAYS: "0",
    RETENTION_HOUR_DAYS: "0",
    RETENTION_DAY_DAYS: "0",
  },
});
const client = new Client(minuet.url);
await minuet.cron();

const year = yearOf(DAYS, Date.now());
const one = { one: HOSTS[17]! };
const questions: readonly (readonly [string, Question, expected: number | undefined])[] = (
  [
    ["by day", DAYS * DAY, DAY],
    ["90 d by hour", 90 * DAY, HOUR],
    ["24 h by minute", DAY, MINUTE],
  ] as const
).flatMap(([name, span, stepMs], i) => {
  const range = { from: Math.max(year.from, year.to - span), to: year.to, stepMs };
  return [
    [`${name}, one`, { ...range, hosts: one }, [1.9, 0.55, 0.4][i]] as const,
    [`${name}, averaged`, { ...range, hosts: "averaged" }, [15, 2, 0.6][i]] as const,
    [`${name}, each`, { ...range, hosts: "each" }, undefined] as const,
  ];
});

// An ordinary metric, asked while the import runs.
await client.post([
  {
    name: "ordinary",
    datapoints: Array.from({ length: 60 }, (_, i) => [Date.now() - i * MINUTE, i]),
  },
]);
const ordinary = (): Promise<number> =>
  milliseconds(() => client.get("/api/v1/query?metric=ordinary&from=-1h&resolution=minute"));
const quiet = median(await repeated(20, ordinary));

console.log(`importing ${HOSTS.length} series × ${DAYS} days × 1 minute`);
const during: number[] = [];
const starts = requests(year);
const imported = await milliseconds(async () => {
  for (const [i, from] of starts.entries()) {
    await writeMinuet(client, from);
    if (i % 50 === 0) during.push(await ordinary());
  }
});
console.log(
  `imported in ${seconds(imported)}; an ordinary question meanwhile: median ${median(during).toFixed(1)} ms, worst ${Math.max(...during).toFixed(0)} ms, quiet ${quiet.toFixed(1)} ms (× ${(median(during) / quiet).toFixed(1)})`,
);
for (const [name, question] of questions.filter((_, i) => i % 3 === 0))
  console.log(
    `right after the import, ${name}: ${[...(await askMinuet(client, question)).values()][0]?.size ?? 0} of ${(question.to - question.from) / question.stepMs} buckets`,
  );
await client.flush();
let crons = 0;
const rolled = await milliseconds(async () => {
  for (; crons < CRONS && !(await client.isRolledUp()); crons++) await minuet.cron();
});
console.log(`rolled up by ${crons} runs of the cron (one a minute), ${seconds(rolled)} of work`);

const peers = await startPeers();
for (const peer of peers) {
  const took = await milliseconds(async () => {
    for (const from of starts) await writePeer(peer, from);
    await peer.settled();
  });
  console.log(`${peer.name}: the same in ${seconds(took)}`);
}

console.log(
  `\n${"question".padEnd(28)}${"Minuet, ms".padStart(12)}${peers.map(({ name }) => `${name}, ms  ÷ Minuet`.padStart(30)).join("")}   expected`,
);
for (const [name, question, expected] of questions) {
  const [mine, answer] = await timed(() => askMinuet(client, question));
  const others: string[] = [];
  let verdict = "";
  for (const peer of peers) {
    const [theirs, same] = await timed(() => peer.ask(question));
    const difference = differs(answer, same);
    if (difference !== undefined) console.log(`  ${peer.name} answers otherwise: ${difference}`);
    others.push(`${theirs.toFixed(1)}  ${(theirs / mine).toFixed(2)}`.padStart(30));
    if (isFirst(peer) && expected !== undefined)
      verdict = `≥ ${expected}: ${theirs / mine >= expected ? "held" : "NOT held"}`;
  }
  console.log(`${name.padEnd(28)}${mine.toFixed(1).padStart(12)}${others.join("")}   ${verdict}`);
}
for (const peer of peers) peer.stop();

console.log("\n10,000 series of one metric, all merged");
const now = Math.floor(Date.now() / HOUR) * HOUR;
await fillWide(client, now);
await client.flush();
for (let i = 0; i < CRONS && !(await client.isRolledUp()); i++) await minuet.cron();
for (const [name, span, resolution] of WIDE_QUESTIONS) {
  const path = `/api/v1/query?metric=${WIDE}&from=${now - span}&to=${now}&resolution=${resolution}`;
  const [ms, answer] = await timed(
    async () => (await client.get(path)) as { readonly series: readonly { t: number[] }[] },
    3,
  );
  console.log(
    `${name.padEnd(28)}${ms.toFixed(0).padStart(12)} ms, ${answer.series[0]?.t.length ?? 0} buckets`,
  );
}
await minuet.stop();

async function timed<T>(work: () => Promise<T>, runs = RUNS): Promise<[number, T]> {
  let answer = await work();
  const times = await repeated(runs, () =>
    milliseconds(async () => {
      answer = await work();
    }),
  );
  return [median(times), answer];
}

async function repeated(runs: number, work: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await work());
  return times;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}

function isFirst(peer: Peer): boolean {
  return peer === peers[0];
}
