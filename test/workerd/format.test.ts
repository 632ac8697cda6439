// The seam of formats: a decoder and one row of the list are routed, documented, ask for the token
// where the format carries it, and answer in the format's own words. Nothing else has to know of it.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type Answer, format } from "../../src/core/formats/format.ts";
import { FORMATS } from "../../src/core/formats/registry.ts";
import { decodeUtf8 } from "../../src/core/formats/utf8.ts";
import { err, ok } from "../../src/core/result.ts";
import { createApp } from "../../src/worker/app.ts";
import { documented } from "../../src/worker/http/openapi.ts";
import { ingest } from "../../src/worker/routes/ingest.ts";
import { NOW, query, TOKEN } from "./api-client.ts";

/** `name value`, one a line; a line `!` is no toy at all. */
const toy = format({
  name: "Toy",
  summary: "A name and a value a line",
  methods: ["POST", "PUT"],
  paths: ["/toy/write"],
  types: ["text/toy", ""],
  parameters: z.looseObject({ scale: z.coerce.number().default(1) }),
  token: ({ header, parameter }) => header("toy-key") ?? parameter("key") ?? undefined,
  encodings: {
    backwards: (bytes, most) => (bytes.length > most ? err("too_large") : ok(bytes.toReversed())),
  },
  encoding: "identity",
  badItem: "skip",
  *decode(bytes, { parameters }, intake) {
    const text = decodeUtf8(bytes);
    if (!text.ok) return text;
    for (const [i, line] of text.value.split("\n").entries()) {
      if (line === "!") return err({ code: "invalid_body", message: "no toy" });
      const [name = "", value] = line.split(" ");
      const series = intake.series(name, []);
      if (!series.ok) intake.issue(i, series.error.path, series.error.message);
      else if (value === undefined || !Number.isFinite(Number(value)))
        intake.issue(i, "value", "is no number");
      else intake.add(series.value, intake.arrival(), Number(value) * parameters.scale, i);
      yield 1;
    }
    return ok(undefined);
  },
  render(outcome) {
    const say = (status: number, body: string | null, more = {}): Answer => ({
      status,
      headers: { "content-type": "text/toy", ...more },
      body,
    });
    switch (outcome.kind) {
      case "stored":
        return say(204, null, { "toys-written": String(outcome.accepted) });
      case "partly":
        return say(200, `${outcome.accepted} toys, ${outcome.skipped} broken`);
      case "invalid":
        return say(400, "broken toys");
      case "key_reused":
        return say(409, "other toys");
      case "busy":
      case "unavailable":
      case "too_many_requests":
        return say(503, "toys later");
      case "refused":
        return say(outcome.status, `no toys: ${outcome.code}`);
    }
  },
});

/** Another on the same path, by its media type. */
const toyJson = format({
  ...toy,
  name: "Toy JSON",
  types: ["application/toy;size=2"],
  decode: (bytes, ...rest) => toy.decode(bytes.subarray(1, -1), ...rest),
});

const app = createApp(documented(ingest([...FORMATS, toy, toyJson])));
const { OPEN: _open, ...closed } = env;

const send = async (body: string, more: RequestInit = {}, search = ""): Promise<Response> =>
  app.request(
    `/toy/write${search}`,
    { method: "POST", body, ...more, headers: { "toy-key": TOKEN, ...more.headers } },
    { ...closed, API_TOKEN: TOKEN },
  );
const typed = (type: string): RequestInit => ({ headers: { "content-type": type } });
const sumOf = async (metric: string): Promise<unknown> =>
  (await query({ metric, to: "+1m", resolution: "hour" })).series[0]?.sum[0];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

describe("a toy format is a decoder and one row", () => {
  test("routed, decoded with its parameters, stored, answered as its clients expect", async () => {
    const response = await send("toy.a 2\ntoy.b 3", typed("text/toy; charset=utf-8"), "?scale=10");
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(response.headers.get("toys-written")).toBe("2");
    expect([await sumOf("toy.a"), await sumOf("toy.b")]).toEqual([20, 30]);
  });

  test("its methods, no media type, and parameters that it lets pass", async () => {
    const bytes = new TextEncoder().encode("toy.put 1");
    const response = await app.request(
      `/toy/write?key=${TOKEN}&db=any`,
      { method: "PUT", body: bytes },
      { ...closed, API_TOKEN: TOKEN },
    );
    expect(response.status).toBe(204);
    expect(await sumOf("toy.put")).toBe(1);
  });

  test("a second one on the path is told apart by the media type", async () => {
    expect((await send("[toy.json 4]", typed("application/toy; Size=2"))).status).toBe(204);
    expect(await sumOf("toy.json")).toBe(4);
    const other = await send("[toy.json 4]", typed("application/toy"));
    expect([other.status, await other.text()]).toEqual([415, "no toys: unsupported_media_type"]);
  });

  test("bad items are passed over, counted, and said in its words", async () => {
    const response = await send("toy.c 1\ntoy.c x\n{ 1\ntoy.c 2", typed("text/toy"));
    expect([response.status, await response.text()]).toEqual([200, "2 toys, 2 broken"]);
    expect(await sumOf("toy.c")).toBe(3);
  });

  test("everything that is refused is said in its words", async () => {
    const says = async (response: Promise<Response>): Promise<unknown> => {
      const { status, headers } = await response;
      return [status, headers.get("content-type"), await (await response).text()];
    };
    const refusal = (status: number, code: string): unknown => [
      status,
      "text/toy",
      `no toys: ${code}`,
    ];
    const text = typed("text/toy");
    expect(await says(send("!", text))).toEqual(refusal(400, "invalid_body"));
    expect(await says(send("", { headers: { ...text.headers, "toy-key": "x" } }))).toEqual(
      refusal(401, "unauthorized"),
    );
    expect(await says(send("", text, "?scale=x"))).toEqual(refusal(400, "invalid_parameter"));
    const encoded = { headers: { ...text.headers, "content-encoding": "br" } };
    expect(await says(send("", encoded))).toEqual(refusal(415, "unsupported_encoding"));
  });

  test("its content encodings", async () => {
    const headers = { "content-type": "text/toy", "content-encoding": "backwards" };
    expect((await send("5 sdrawkcab.yot", { headers })).status).toBe(204);
    expect(await sumOf("toy.backwards")).toBe(5);
  });

  test("documented", async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await app.request(
      "/openapi.json",
      { headers },
      { ...closed, API_TOKEN: TOKEN },
    );
    expect(await response.json()).toMatchObject({
      paths: {
        "/toy/write": {
          post: {
            summary: "Store points: Toy, Toy JSON",
            parameters: [{ name: "scale" }, { name: "Idempotency-Key" }],
            requestBody: { content: { "text/toy": {}, "application/toy;size=2": {} } },
          },
          put: {},
        },
      },
    });
  });
});
