// Remote write clause by clause: what the specification of 2.0 (prometheus.io/docs/specs/prw) demands of
// receivers, and what the receiver tests of prometheus/compliance try of it. Headings are its sections.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
import { body, double, fixed64, int, message, packed, text } from "../node/formats/proto.ts";
import { request, type Series, writeRequest } from "../node/formats/remote-write/messages.ts";
import { snappy } from "../node/formats/snappy-block.ts";
import { compress, NOW, query } from "./api-client.ts";
import { answerLost, withoutShard } from "./faults.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const V2 = {
  "content-encoding": "snappy",
  "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  "x-prometheus-remote-write-version": "2.0.0",
};
const V1 = { "content-encoding": "snappy", "content-type": "application/x-protobuf" };

interface Answered {
  readonly status: number;
  /** Samples, histograms and exemplars, as the headers say. */
  readonly written: readonly (number | null)[];
  readonly text: string;
  readonly retryAfter: string | null;
}

async function send(
  bytes: BodyInit,
  headers: Readonly<Record<string, string>> = V2,
  to: Partial<typeof env> = {},
): Promise<Answered> {
  const init = { method: "POST", body: bytes, headers };
  const response = await app.request("/api/v1/write", init, { ...env, ...to });
  const written = ["Samples", "Histograms", "Exemplars"].map((what) => {
    const value = response.headers.get(`X-Prometheus-Remote-Write-${what}-Written`);
    if (value !== null) expect(value).toMatch(/^\d+$/);
    return value === null ? null : Number(value);
  });
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, written, text: await response.text(), retryAfter };
}

const of = (name: string, more: Partial<Series> = {}): Series => ({
  labels: [
    ["__name__", name],
    ["instance", "localhost:9090"],
    ["job", "a"],
  ],
  samples: [{ value: 1, at: NOW }],
  ...more,
});

const sendSeries = (...series: readonly Series[]): Promise<Answered> =>
  send(snappy(request(series)));

const OK = { status: 204, text: "", retryAfter: null };

const countOf = async (metric: string): Promise<number> =>
  (await query({ metric, from: "-2h", to: "+1h", resolution: "minute" })).series
    .flatMap(({ count }) => count)
    .reduce((sum, count) => sum + count, 0);

describe("Protocol", () => {
  test("a block of snappy by POST; the framed format is none", async () => {
    expect(await sendSeries(of("rw.block"))).toEqual({ ...OK, written: [1, 0, 0] });
    expect(await countOf("rw.block")).toBe(1);
    const framed = Uint8Array.of(0xff, 6, 0, 0, ...new TextEncoder().encode("sNaPpY"));
    expect(await send(framed)).toMatchObject({ status: 400, written: [0, 0, 0] });
  });

  test("the message of 1.0 as well, with and without its name", async () => {
    const bytes = snappy(writeRequest([of("rw.one"), of("rw.other")]));
    const named = { ...V1, "content-type": "application/x-protobuf;proto=prometheus.WriteRequest" };
    expect(await send(bytes, V1)).toMatchObject(OK);
    expect(await send(snappy(writeRequest([of("rw.named")])), named)).toMatchObject(OK);
    expect(await countOf("rw.one")).toBe(1);
    expect(await countOf("rw.named")).toBe(1);
  });

  test("without any header: as 1.0 in snappy", async () => {
    const bytes = snappy(writeRequest([of("rw.bare")]));
    expect(await send(bytes, { "content-type": "" })).toMatchObject(OK);
    expect(await countOf("rw.bare")).toBe(1);
  });
});

describe("Content-Type", () => {
  for (const type of ["application/json", "image/png", "application/x-protobuf;proto=a.B"])
    test(`${type} is 415`, async () => {
      const bytes = snappy(request([of("rw.type")]));
      expect(await send(bytes, { ...V2, "content-type": type })).toMatchObject({ status: 415 });
    });

  test("says which message it is: another is refused, not taken for an empty one", async () => {
    const one = await send(snappy(writeRequest([of("rw.schema")])));
    expect(one).toMatchObject({ status: 400, written: [0, 0, 0] });
    expect(one.text).toMatch(/is no io\.prometheus\.write\.v2\.Request, but a prometheus\.Write/);
    const other = await send(snappy(request([of("rw.schema")])), V1);
    expect(other.text).toMatch(/Content-Type needs ;proto=io\.prometheus\.write\.v2\.Request/);
  });
});

describe("Content-Encoding", () => {
  for (const encoding of ["gzip", "deflate"] as const)
    test(`${encoding} is 415`, async () => {
      const bytes = await compress("not looked at", encoding);
      const headers = { ...V2, "content-encoding": encoding };
      expect(await send(bytes, headers)).toMatchObject({ status: 415, written: [0, 0, 0] });
    });
});

describe("Response: what is broken is 400, with a text", () => {
  const broken = (what: string, change: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>): void => {
    for (const [version, headers, write] of [
      ["1.0", V1, writeRequest],
      ["2.0", V2, request],
    ] as const)
      test(`${what}, ${version}`, async () => {
        const { status, written, text } = await send(
          change(snappy(write([of("rw.broken")]))),
          headers,
        );
        expect([status, ...written]).toEqual([400, 0, 0, 0]);
        expect(text.length).toBeGreaterThan(10);
      });
  };
  broken("the first byte is another", (bytes) => Uint8Array.from(bytes.with(0, 0x30)));
  broken("the length is none", (bytes) => Uint8Array.from(bytes.with(0, 0xff)));
  broken("cut off", (bytes) => bytes.slice(0, -3));
});

describe("Required Written headers: of every answer, true to what is stored", () => {
  test("a value of every kind is written", async () => {
    const values = [1, -0, 5e-324, Number.MAX_VALUE, -1.5];
    const samples = values.map((value, i) => ({ value, at: NOW + i }));
    expect(await sendSeries(of("rw.values", { samples }))).toEqual({ ...OK, written: [5, 0, 0] });
    expect(await countOf("rw.values")).toBe(5);
  });

  test("NaN is written, and is no value", async () => {
    const samples = [
      { value: NaN, at: NOW },
      { value: 2, at: NOW },
    ];
    expect(await sendSeries(of("rw.nan", { samples }))).toEqual({ ...OK, written: [2, 0, 0] });
    expect(await countOf("rw.nan")).toBe(1);
  });

  test("a stale marker (0x7ff0000000000002) is written, and is no value", async () => {
    const stale = message(2, fixed64(1, 0x7ff0000000000002n), int(2, NOW + 1));
    const bytes = body([
      ...["", "__name__", "rw.stale"].map((symbol) => text(4, symbol)),
      message(5, packed(1, [1, 2]), message(2, double(1, 1), int(2, NOW)), stale),
    ]);
    expect(await send(snappy(bytes))).toEqual({ ...OK, written: [2, 0, 0] });
    expect(await countOf("rw.stale")).toBe(1);
  });

  test("infinite values cannot be stored: 400, and the others are", async () => {
    const samples = [Infinity, -Infinity, 3].map((value, i) => ({ value, at: NOW + i }));
    const answer = await sendSeries(of("rw.infinite", { samples }));
    expect(answer).toMatchObject({ status: 400, written: [1, 0, 0] });
    expect(answer.text).toMatch(/expected a finite value, got Infinity/);
  });

  test("native histograms and exemplars are not: 400 says so, and samples are stored", async () => {
    const histogram = of("rw.histogram", { samples: [], histograms: 2, exemplars: 1 });
    const exemplar = of("rw.exemplar", { exemplars: 3 });
    const answer = await sendSeries(histogram, exemplar);
    expect(answer).toMatchObject({ status: 400, written: [1, 0, 0] });
    expect(answer.text).toMatch(/2 native histograms not kept/);
    expect(answer.text).toMatch(/3 exemplars not kept/);
    expect(await countOf("rw.exemplar")).toBe(1);
  });

  test("an exemplar without a sample is not written either", async () => {
    const orphan = of("rw.orphan", { samples: [], exemplars: 1 });
    expect(await sendSeries(orphan)).toMatchObject({ status: 400, written: [0, 0, 0] });
  });

  test("a series with nothing but metadata is fine", async () => {
    expect(await sendSeries(of("rw.metadata", { samples: [] }))).toEqual({
      ...OK,
      written: [0, 0, 0],
    });
    expect(await send(snappy(request([])))).toEqual({ ...OK, written: [0, 0, 0] });
  });

  test("a sample with a start timestamp is written", async () => {
    // The messages here have one, and metadata.
    expect(await sendSeries(of("rw.created_total"))).toEqual({ ...OK, written: [1, 0, 0] });
  });
});

describe("Partial Write, Invalid Samples", () => {
  test("series without a name are 400; the others are stored", async () => {
    const nameless: Series = { labels: [["job", "a"]], samples: [{ value: 1, at: NOW }] };
    const three = ["a", "b", "c"].map((job) =>
      of("rw.part", {
        labels: [
          ["__name__", "rw.part"],
          ["job", job],
        ],
      }),
    );
    const answer = await sendSeries(nameless, ...three);
    expect(answer).toMatchObject({ status: 400, written: [3, 0, 0], retryAfter: null });
    expect(answer.text).toMatch(/^3 samples written, 1 items not: labels: the label __name__/);
    expect(await countOf("rw.part")).toBe(3);
    expect(await sendSeries(nameless)).toMatchObject({ status: 400, written: [0, 0, 0] });
    expect(await sendSeries({ ...nameless, labels: [] })).toMatchObject({ status: 400 });
  });

  test("old and new samples in one request", async () => {
    const old = of("rw.old", { samples: [{ value: 1, at: NOW - 3_600_000 }] });
    expect(await sendSeries(old, of("rw.new"))).toEqual({ ...OK, written: [2, 0, 0] });
    const tooOld = of("rw.too_old", { samples: [{ value: 1, at: NOW - 500 * 86_400_000 }] });
    expect(await sendSeries(tooOld, of("rw.new"))).toMatchObject({
      status: 400,
      written: [1, 0, 0],
    });
  });
});

describe("Retries on Partial Writes: only what can be sent again as a whole is 5xx", () => {
  test("the answer of the shard was lost: 503, and a repeat counts once", async () => {
    const bytes = snappy(request([of("rw.lost")]));
    const lost = await send(bytes, V2, { SHARD: answerLost(env.SHARD) });
    expect([lost.status, lost.written]).toEqual([503, [0, 0, 0]]);
    expect(Number(lost.retryAfter)).toBeGreaterThan(0);
    expect(await send(bytes)).toMatchObject({ ...OK, written: [1, 0, 0] });
    expect(await send(bytes)).toMatchObject({ ...OK, written: [1, 0, 0] });
    expect(await countOf("rw.lost")).toBe(1);
  });

  test("one of two shards is away: 503, and the headers say what the other stored", async () => {
    const names = Array.from({ length: 8 }, (_, i) => `rw.two.${i}`);
    const bytes = snappy(request(names.map((name) => of(name))));
    const away = { SHARDS: "2", SHARD: withoutShard(env.SHARD, 1) };
    const answer = await send(bytes, V2, away);
    expect(answer.status).toBe(503);
    expect(answer.written[0]).toBeGreaterThan(0);
    expect(answer.written[0]).toBeLessThan(8);
    expect(await send(bytes, V2, { SHARDS: "2" })).toMatchObject({ ...OK, written: [8, 0, 0] });
  });
});

describe("Backward and Forward Compatibility", () => {
  test("fields of later versions are passed over", async () => {
    const bytes = body([
      ...["", "__name__", "rw.later"].map((symbol) => text(4, symbol)),
      text(900, "new"),
      message(
        5,
        packed(1, [1, 2]),
        message(2, double(1, 1), int(2, NOW), int(77, 2n ** 63n)),
        fixed64(78, 1),
        text(79, "new"),
      ),
    ]);
    expect(await send(snappy(bytes))).toEqual({ ...OK, written: [1, 0, 0] });
    expect(await countOf("rw.later")).toBe(1);
  });
});

describe("Symbols, Series Labels", () => {
  const labelled = (what: string, labels: Series["labels"], status: number): void =>
    test(`${what} is ${status}`, async () => {
      const answer = await sendSeries(of("", { labels }));
      expect([answer.status, answer.written[0]]).toEqual([status, status === 204 ? 1 : 0]);
    });
  const UP = ["__name__", "rw.labels"] as const;
  labelled("only a name", [UP], 204);
  labelled("line feeds in a value", [UP, ["job", "test\njob\n"]], 204);
  labelled(
    "dots in names",
    [
      ["__name__", "resource.cpu.usage"],
      ["job.name", "a"],
    ],
    204,
  );
  labelled(
    "spaces in names",
    [
      ["__name__", "resource cpu usage"],
      ["job name", "a"],
    ],
    204,
  );
  labelled("signs and emoji", [UP, ["job", "test-job_with.special@chars"], ["e", "🚀"]], 204);
  labelled("another order", [["z", "1"], UP, ["a", "1"]], 204);
  labelled("no name", [["job", "a"]], 400);
  labelled("an empty name", [["__name__", ""]], 400);
  labelled("no labels", [], 400);
  labelled("a label twice", [UP, ["a", "1"], ["a", "2"]], 400);
  labelled("an empty label name", [UP, ["", "1"]], 400);

  test("a reference to no symbol is 400, and takes no other series along", async () => {
    const sample = message(2, double(1, 1), int(2, NOW));
    const bytes = body([
      ...["", "__name__", "rw.refs"].map((symbol) => text(4, symbol)),
      message(5, packed(1, [1, 9]), sample),
      message(5, packed(1, [1, 2]), sample),
    ]);
    const answer = await send(snappy(bytes));
    expect([answer.status, answer.written[0]]).toEqual([400, 1]);
    expect(answer.text).toMatch(/refers to symbol 9 of 3/);
  });
});
