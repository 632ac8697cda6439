// Real requests of every format and endpoint, changed at random: whatever comes, the answer is the
// client's fault or good, no request hangs, nothing grows, and what others wrote meanwhile is there, once.
// `npm run fuzz` runs many more. FUZZ_SEED repeats a run.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { fetchApi, NOW, query, store } from "../api-client.ts";
import { rest, type Sample, samples } from "./corpus.ts";
import { expectNoGrowth, type Held, held, saidOf } from "./growth.ts";
import { type Bytes, Dice, mutated } from "./mutate.ts";

const INPUTS = Number(env.FUZZ_INPUTS);
const SEED = Number(env.FUZZ_SEED);
/** Of inputs between two points of somebody who behaves. */
const EVERY = 100;
/** One of so many is of an endpoint that reads little. */
const RARE = 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

/** Samples that are no good ones, though nothing is changed. */
const NOT_GOOD = {
  // It would be a socket.
  "GET /api/v1/live?metric=fuzz.native": 426,
  // What was exported once is too old for the clock of the tests: it is read, and refused point by point.
  "POST /api/v1/import/native?extra_label=a%3Db": 400,
};

test("samples are good as they are", async () => {
  const told = new Map<string, number>();
  for (const sample of samples()) {
    const response = await ask(sample, sample.body);
    const text = await textOf(response);
    const { method, path } = sample;
    const name = `${method} ${path}`;
    if (!response.ok) told.set(name, response.status);
    expect(response.ok || name in NOT_GOOD, `${name}: ${text}`).toBe(true);
  }
  expect(Object.fromEntries(told)).toEqual(NOT_GOOD);
});

test(
  `${INPUTS} changed requests, FUZZ_SEED=${SEED}`,
  { timeout: 60_000 + INPUTS * 60 },
  async () => {
    const dice = new Dice(SEED);
    const all = samples();
    const others = rest(all);
    const bodies = all.map((one) => one.body ?? Uint8Array.from(encoder.encode(one.path)));
    const statuses = new Map<number, number>();
    let early: Held | undefined;
    const fifth = Math.max(1, Math.floor(INPUTS / 5));
    for (let input = 0; input < INPUTS; input++) {
      if (input > 0 && input % fifth === 0) {
        const now = await held();
        early ??= now;
        console.log(`${input} inputs; at rest: ${saidOf(now)}`);
      }
      if (input % EVERY === 0)
        await store({
          name: "beside",
          value: input,
          timestamp: NOW,
          labels: { n: String(input % 7) },
        });
      const one = dice.of(dice.below(RARE) === 0 ? others : all);
      const changed = changedOf(one, dice, bodies);
      const response = await ask(changed.sample, changed.body).catch((error: unknown) => {
        throw new Error(`input ${input} threw: ${said(changed)}`, { cause: error });
      });
      const text = await textOf(response);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status >= 500)
        throw new Error(`input ${input}: ${response.status} ${text}\nto ${said(changed)}`);
    }
    // A single input has nothing before it.
    const late = await held();
    expectNoGrowth(early ?? late, late);
    const { series } = await query({
      metric: "beside",
      from: NOW - 60_000,
      to: NOW + 60_000,
      resolution: "minute",
    });
    const posts = Math.ceil(INPUTS / EVERY);
    expect(series[0]?.count).toEqual([posts]);
    expect(series[0]?.sum).toEqual([(EVERY * posts * (posts - 1)) / 2]);
    console.log(
      `answers by status: ${[...statuses]
        .sort()
        .map(([status, n]) => `${status} × ${n}`)
        .join(", ")}`,
    );
  },
);

interface Changed {
  readonly sample: Sample;
  readonly body: Bytes | undefined;
}

/** Of a request with a body mostly that; else its address; now and then what it says of itself. */
function changedOf(one: Sample, dice: Dice, others: readonly Bytes[]): Changed {
  const headers = dice.below(20) === 0 ? { ...one.headers, ...dice.of(HEADERS) } : one.headers;
  if (one.body === undefined || dice.below(8) === 0)
    return { sample: { ...one, headers, path: pathOf(one.path, dice, others) }, body: one.body };
  return { sample: { ...one, headers }, body: mutated(one.body, dice, others) };
}

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { "content-type": "application/json" },
  { "content-type": "application/x-protobuf" },
  { "content-type": "application/x-ndjson" },
  { "content-type": "text/plain; version=0.0.4" },
  { "content-type": "multipart/form-data; boundary=" },
  { "content-type": ";;" },
  { "content-encoding": "gzip" },
  { "content-encoding": "zstd" },
  { "content-encoding": "snappy" },
  { "content-encoding": "deflate, gzip" },
  { "idempotency-key": "again" },
  { accept: "text/csv" },
  { upgrade: "websocket" },
  { origin: "null" },
];

/** Another address with the same path, or nearly: what a URL may hold of the changed text. */
function pathOf(path: string, dice: Dice, others: readonly Bytes[]): string {
  const [where = "", search = ""] = path.split("?");
  const given = dice.of([...new URLSearchParams(search)].map(([name]) => name).concat(""));
  const changed = (text: string): string =>
    decoder.decode(mutated(Uint8Array.from(encoder.encode(text)), dice, others)).slice(0, 4_000);
  const parameters = new URLSearchParams(search);
  if (given !== "") {
    parameters.set(given, changed(parameters.get(given) ?? ""));
    return `${where}?${parameters}`;
  }
  const parts = where
    .split("/")
    .map((part, i, all) =>
      i === all.length - 1 && all.length > 4
        ? encodeURIComponent(changed(decodeURIComponent(part)))
        : part,
    );
  return `${parts.join("/")}?${changed(search).replaceAll(/[^\x21-\x7e]|#/g, "%")}`;
}

async function ask(sample: Sample, body: Bytes | undefined): Promise<Response> {
  const { method, path, headers, pack } = sample;
  const response = await fetchApi(path, {
    method,
    headers,
    ...(body !== undefined && { body: pack === undefined ? body : await pack(body) }),
  });
  response.webSocket?.accept();
  response.webSocket?.close();
  return response;
}

/** What is no text as well. */
const textOf = async (response: Response): Promise<string> =>
  decoder.decode(await response.arrayBuffer());

/** To be sent again. */
const said = ({ sample: { method, path, headers }, body }: Changed): string =>
  `${method} ${path} ${JSON.stringify(headers)}\n${body === undefined ? "" : `${decoder.decode(body).slice(0, 2_000)}\nbase64: ${btoa(String.fromCharCode(...body.subarray(0, 20_000)))}`}`;
