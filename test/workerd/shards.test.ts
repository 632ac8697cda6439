// What a call to a shard that failed becomes: a shard that gets too much is left alone, others are
// asked again.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/worker/app.ts";
import { endpoint } from "../../src/worker/http/endpoint.ts";
import { unavailable } from "../../src/worker/shards.ts";
import { failureOf } from "./api-client.ts";

/** Errors as the platform makes them. */
const platform = (message: string, flags: object): Error =>
  Object.assign(new Error(message), flags);

/** The answer of an endpoint whose shard fails so. */
const answerTo = async (error: unknown): Promise<Response> =>
  createApp([
    endpoint({
      methods: ["GET"],
      path: "/fails",
      scope: "read",
      summary: "Fails",
      answer: z.never(),
      errors: ["unavailable", "too_many_requests"],
      handle: () => {
        throw unavailable(3, error);
      },
    }),
  ]).request("/fails", {}, env);

test("an overloaded shard is 429, with words that help", async () => {
  const error = platform("Durable Object is overloaded. Too many requests queued.", {
    overloaded: true,
    retryable: true,
  });
  const response = await answerTo(error);
  expect(response.headers.get("retry-after")).toBe("5");
  const { message } = await failureOf(response, 429, "too_many_requests");
  expect(message).toMatch(/^shard 3 gets more requests .* more points in each, or raise SHARDS$/);
});

test("any other failure is 503", async () => {
  for (const error of [platform("Network connection lost.", { retryable: true }), "odd", null]) {
    const response = await answerTo(error);
    expect((await failureOf(response, 503, "unavailable")).message).toMatch(/^shard 3 did not/);
  }
});
