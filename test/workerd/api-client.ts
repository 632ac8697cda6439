// Talks to the Worker under test over HTTP. Every answer is read with the schema that documents it,
// and of every error it is checked what is promised of all errors.

import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import type { z } from "zod";
import { answered, type ShardStatus } from "../../src/core/api.ts";
import { errorAnswer } from "../../src/worker/http/error-answer.ts";
import { metricAnswer } from "../../src/worker/routes/metric.ts";
import { metricsAnswer } from "../../src/worker/routes/metrics.ts";
import { partlyAnswer, writeAnswer } from "../../src/worker/routes/points.ts";
import { queryAnswer } from "../../src/worker/routes/query-answer.ts";
import { statusAnswer } from "../../src/worker/routes/status.ts";

/** The time of most tests: far ahead, since alarms that are due by the real clock run at once. */
export const NOW = Date.UTC(2095, 10, 20, 12);

export const fetchApi = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`http://localhost${path}`, init);

export interface PostOptions {
  /** Query string, with its question mark. */
  readonly query?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends points; what is not a text or bytes is sent as JSON. */
export const post = (body: unknown, options: PostOptions = {}): Promise<Response> =>
  fetchApi(`/api/v1/points${options.query ?? ""}`, {
    method: "POST",
    body:
      typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream
        ? body
        : JSON.stringify(body),
    headers: { "content-type": options.type ?? "application/json", ...options.headers },
  });

const read = async <T>(schema: z.ZodType<T>, response: Response): Promise<T> => {
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/json\b/);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.has("cache-control")).toBe(true);
  expect(text.at(-1)).toBe("\n");
  return schema.parse(JSON.parse(text));
};

/** Points that were stored; fails when any was not. */
export const store = async (
  body: unknown,
  options?: PostOptions,
): Promise<z.output<typeof writeAnswer>> => read(writeAnswer.strict(), await post(body, options));

/** The parameters as a query string; a list gives the parameter several times. */
export const search = (parameters: Readonly<Record<string, unknown>>): string =>
  `?${new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => [name, String(one)]),
    ),
  ).toString()}`;

export const query = async (
  parameters: Readonly<Record<string, unknown>>,
): Promise<z.output<typeof queryAnswer>> =>
  read(queryAnswer.strict(), await fetchApi(`/api/v1/query${search(parameters)}`));

export const listMetrics = async (
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<z.output<typeof metricsAnswer>> =>
  read(metricsAnswer.strict(), await fetchApi(`/api/v1/metrics${search(parameters)}`));

export const describeMetric = async (name: string): Promise<z.output<typeof metricAnswer>> =>
  read(metricAnswer.strict(), await fetchApi(`/api/v1/metric?name=${encodeURIComponent(name)}`));

export const status = async (): Promise<z.output<typeof statusAnswer>> =>
  read(statusAnswer.strict(), await fetchApi("/api/v1/status"));

/** The shards of the status, all of which must have answered. */
export const shardsOf = async (): Promise<readonly ShardStatus[]> =>
  (await status()).shards.map((shard) => {
    if (!answered(shard)) throw new Error(`shard ${shard.shard}: ${shard.error}`);
    return shard;
  });

/** Buckets that the shards hold and D1 does not: 0 in a store to which nothing was written. */
export const unflushedBuckets = async (): Promise<number> =>
  (await shardsOf()).reduce((sum, shard) => sum + shard.unflushedBuckets, 0);

type Failure = z.output<typeof errorAnswer>["error"];

/** The error of an answer that has the status and code, as every error must be. */
export async function failureOf(
  response: Response,
  expected: number,
  code: string,
): Promise<Failure> {
  const text = await response.text();
  expect(response.status, text).toBe(expected);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(text.at(-1)).toBe("\n");
  expect(response.headers.has("retry-after")).toBe([408, 429, 503].includes(expected));
  expect(text).not.toMatch(/\n *at |\.[jt]s:\d/);
  expect(text).not.toContain(TOKEN);
  expect(text.length).toBeLessThan(20_000);
  const { error } = errorAnswer.parse(JSON.parse(text));
  expect(error).toMatchObject({ code });
  expect(error.message.length).toBeGreaterThan(10);
  return error;
}

/** The part of a write that was over a limit. */
export async function partlyOf(response: Response): Promise<z.output<typeof partlyAnswer>> {
  const copy = response.clone();
  await failureOf(response, 422, "over_limit");
  return partlyAnswer.strict().parse(await copy.json());
}

/** A token that no answer may ever hold. */
export const TOKEN = "tok-3b9f6c0e5d";

export const compress = (
  text: string | Uint8Array<ArrayBuffer>,
  format: "gzip" | "deflate" | "deflate-raw",
): Promise<Uint8Array> =>
  new Response(new Blob([text]).stream().pipeThrough(new CompressionStream(format))).bytes();
