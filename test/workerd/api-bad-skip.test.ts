// `?bad=skip`: good points are stored, bad ones are passed over, listed and counted, 422 as for a limit.

import { beforeEach, describe, expect, test, vi } from "vitest";
import { HOUR } from "../../src/core/tiers.ts";
import { CODES } from "../../src/worker/http/failure.ts";
import { partlyAnswer } from "../../src/worker/routes/points.ts";
import { failureOf, NOW, post, query, store } from "./api-client.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const skip = { query: "?bad=skip" };
const lines = { ...skip, type: "application/x-ndjson" };

const sumOf = async (metric: string): Promise<unknown> =>
  (await query({ metric, from: "-1d", to: "+1m", resolution: "day" })).series[0]?.sum[0];

const skipped = async (
  response: Response,
  code = "bad_skipped",
): Promise<ReturnType<typeof partlyAnswer.parse>> => {
  const copy = response.clone();
  await failureOf(response, CODES.bad_skipped.status, code);
  return partlyAnswer.strict().parse(await copy.json());
};

test("good points are stored, bad ones listed and counted", async () => {
  const answer = await skipped(
    await post(
      [{ name: "s.a", value: 1 }, { name: "s.a", value: "x" }, 7, { name: "s.a", value: 2 }],
      skip,
    ),
  );
  expect(answer).toEqual({
    accepted: 2,
    rejected: [
      { index: 1, code: "invalid_point", message: 'value: expected a finite number, got "x"' },
      { index: 2, code: "invalid_point", message: "expected a point, an object, got 7" },
    ],
    rejectedCount: 2,
    error: {
      code: "bad_skipped",
      message:
        '2 bad points skipped, 2 stored: value: expected a finite number, got "x"; expected a point, an object, got 7',
    },
  });
  expect(await sumOf("s.a")).toBe(3);
});

test("of a point nothing is stored when anything of it is bad", async () => {
  const text = [
    '{"name":"s.b","value":1,"host":"x"}',
    '{"name":"s.b","value":1,"labels":{"a":"1","a":"2"}}',
    '{"name":"s.b","value":1,"labels":{},"tags":{}}',
    '{"name":"s.b","value":1,"value":1}',
    '{"name":"s.b","value":64}',
  ];
  for (const response of [
    await post(`[${text.join()}]`, skip),
    await post(text.join("\n"), lines),
  ]) {
    const answer = await skipped(response);
    expect(answer.rejected.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect([answer.accepted, answer.rejectedCount]).toEqual([1, 4]);
  }
  expect(await sumOf("s.b")).toBe(128);
});

test("of many points of a series only the bad ones are lost, unless the series is bad", async () => {
  const datapoints = [[NOW, 1], [NOW, "x"], [5, 2], [NOW], [NOW, 4]];
  const answer = await skipped(
    await post(
      [
        { name: "s.c", datapoints },
        { name: "{", datapoints: [[NOW, 8]] },
      ],
      skip,
    ),
  );
  expect(answer).toMatchObject({ accepted: 2, rejectedCount: 4 });
  expect(await sumOf("s.c")).toBe(5);
});

test("lines that are no JSON, and points over a limit beside bad ones", async () => {
  const text = [
    '{"name":"s.d","value":1}',
    '{"name":',
    `{"name":"s.d","value":2,"timestamp":${NOW + HOUR}}`,
    "",
    '{"name":"s.d","value":4}',
  ];
  const answer = await skipped(await post(text.join("\n"), lines), "over_limit");
  expect(answer).toMatchObject({
    accepted: 2,
    rejected: [
      { index: 1, code: "invalid_point" },
      { index: 2, code: "too_far_ahead" },
    ],
    rejectedCount: 2,
  });
  expect(answer.error.message).toMatch(/^1 point over a limit, 1 bad point skipped, 2 stored: /);
  expect(await sumOf("s.d")).toBe(5);
});

test("of many bad points 20 are listed, and all are counted", async () => {
  const bad = Array.from({ length: 50 }, () => ({ name: "s.e" }));
  const answer = await skipped(await post([...bad, { name: "s.e", value: 1 }], skip));
  expect(answer).toMatchObject({ accepted: 1, rejectedCount: 50 });
  expect(answer.rejected).toHaveLength(20);
});

describe("what it does not change", () => {
  test("all good: 200", async () => {
    expect(await store([{ name: "s.f", value: 1 }], skip)).toEqual({ accepted: 1 });
  });
  test("a body that cannot be read: 400", async () => {
    await failureOf(await post('[{"name"', skip), 400, "invalid_json");
  });
  test("all bad: nothing is stored, and it is said", async () => {
    const answer = await skipped(await post([{ name: "s.g" }], skip));
    expect(answer).toMatchObject({ accepted: 0, rejectedCount: 1 });
  });
  test("without it, and with bad=refuse: 400", async () => {
    const points = [{ name: "s.h", value: 1 }, { name: "s.h" }];
    await failureOf(await post(points), CODES.invalid_point.status, "invalid_point");
    await failureOf(await post(points, { query: "?bad=refuse" }), 400, "invalid_point");
  });
  test("another word is refused", async () => {
    await failureOf(await post([], { query: "?bad=ignore" }), 400, "invalid_parameter");
  });
});
