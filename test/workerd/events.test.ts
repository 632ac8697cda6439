// Events: said with POST, read by range, deleted; of the whole store, so not for tokens of a part.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { DAY, dayOf, HOUR } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { eventAnswer, eventsAnswer } from "../../src/worker/routes/events.ts";
import { createdToken } from "../../src/worker/routes/tokens.ts";
import { failureOf, fetchApi, NOW, TOKEN } from "./api-client.ts";

const say = (body: object, key?: string): Promise<Response> =>
  fetchApi("/api/v1/events", {
    method: "POST",
    body: JSON.stringify(body),
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });

const said = async (query = ""): Promise<readonly string[]> => {
  const response = await fetchApi(`/api/v1/events${query}`);
  const { events } = eventsAnswer.strict().parse(await response.json());
  return events.map(({ text }) => text);
};

const TODAY = dayOf(NOW) * DAY;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await env.DB.prepare("DELETE FROM event").run();
});

test("an event is said, read by its time, and deleted", async () => {
  const response = await say({ text: " deployed 4.2 ", timestamp: NOW - 1_000, tags: ["web"] });
  const one = eventAnswer.strict().parse(await response.json());
  expect(one).toMatchObject({ timestamp: NOW - 1_000, text: "deployed 4.2", tags: ["web"] });
  await say({ text: "earlier", timestamp: "-30m" });
  await say({ text: "long ago", timestamp: NOW - 399 * DAY });
  await say({ text: "now" });
  expect(await said()).toEqual(["deployed 4.2", "earlier"]);
  // The range is [from, to).
  expect(await said(`?from=${NOW - 1_000}&to=${NOW + 1}`)).toEqual(["now", "deployed 4.2"]);
  expect(await said(`?from=0&to=${NOW - 1_000}`)).toEqual(["earlier", "long ago"]);
  const cut = await fetchApi("/api/v1/events?from=0&limit=1");
  expect(await cut.json()).toMatchObject({ events: [{ text: "deployed 4.2" }], truncated: true });

  const path = `/api/v1/events/${one.id}`;
  expect((await fetchApi(path, { method: "DELETE" })).status).toBe(200);
  await failureOf(await fetchApi(path, { method: "DELETE" }), 404, "unknown_event");
  await failureOf(await fetchApi("/api/v1/events/x", { method: "DELETE" }), 404, "unknown_event");
  expect(await said()).toEqual(["earlier"]);
});

test("what is no event is refused in words", async () => {
  for (const [body, message] of [
    [{}, /text/],
    [{ text: " " }, /text/],
    [{ text: "x", timestamp: 1_700_000_000 }, /timestamp: .*it looks like seconds/],
    [{ text: "x", timestamp: "+1h" }, /timestamp: is more than 10 minutes ahead/],
    [{ text: "x", timestamp: "soon" }, /timestamp/],
    [{ text: "x", timestamp: NOW - 401 * DAY }, /timestamp: .*events are kept as long as hours/],
    [{ text: "x", tags: "web" }, /tags/],
    [{ text: "x", when: 1 }, /when/],
  ] as const)
    expect((await failureOf(await say(body), 400, "invalid_parameter")).message).toMatch(message);
  expect(await said()).toEqual([]);
});

test("a day has so many at most, also of those that come at once", async () => {
  await env.DB.prepare(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO event SELECT ? + i, 'x', 'x', '[]' FROM n",
  )
    .bind(LIMITS.eventsPerDay - 2, TODAY)
    .run();
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => say({ text: `one more ${i}` })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 422, 422, 422, 422]);
  await failureOf(await say({ text: "one more" }), 422, "too_many_events");
  expect((await say({ text: "another day", timestamp: NOW - DAY })).status).toBe(200);
});

test("sent again, it counts once", async () => {
  const body = { text: "deployed", timestamp: NOW - 1_000 };
  const answers = await Promise.all([say(body), say(body), say(body)]);
  const ids = await Promise.all(answers.map(async (one) => eventAnswer.parse(await one.json()).id));
  expect(new Set(ids).size).toBe(1);
  expect(await said()).toEqual(["deployed"]);
  await say({ ...body, tags: ["web"] });
  expect(await said()).toHaveLength(2);
  // Without a time, the key says what is a repeat; the clock goes on between the two.
  await say({ text: "restarted" }, "k");
  vi.setSystemTime(NOW + 1_000);
  const again = await say({ text: "restarted" }, "k");
  expect(eventAnswer.parse(await again.json()).timestamp).toBe(NOW);
  await failureOf(await say({ text: "another" }, "k"), 422, "key_reused");
  await failureOf(await say({ text: "restarted", timestamp: NOW - 1 }, "k"), 422, "key_reused");
  await failureOf(await say({ text: "x" }, "k".repeat(201)), 400, "invalid_parameter");
  expect(await said()).toHaveLength(3);
  vi.setSystemTime(NOW + LIMITS.dedupMs + 2_000);
  await say({ text: "restarted" }, "k");
  expect(await said("?from=-1m&to=%2B1m")).toEqual(["restarted"]);
});

test("events go with the hours of their time, when two runs of the cron agree on it", async () => {
  await say({ text: "old", timestamp: NOW - 400 * DAY });
  await say({ text: "new" });
  const all = async (): Promise<readonly string[]> => await said("?from=0&to=%2B1y");
  const run = (now: number) => runCron(env, { now: () => now, token: () => 1 });
  const later = NOW + DAY;
  vi.setSystemTime(later);
  await run(later);
  expect(await all()).toEqual(["new", "old"]);
  await run(later + HOUR);
  expect(await all()).toEqual(["new"]);
  // A clock that is years ahead, once.
  await run(NOW + 1_000 * DAY);
  expect(await all()).toEqual(["new"]);
});

test("an answer, and an event, are so long at most", async () => {
  for (const body of [
    { text: "x".repeat(LIMITS.eventLength + 1) },
    { text: "x", tags: Array.from({ length: LIMITS.eventTags + 1 }, () => "t") },
    { text: "x", tags: ["t".repeat(LIMITS.eventTagLength + 1)] },
  ])
    await failureOf(await say(body), 400, "invalid_parameter");
  const limit = LIMITS.eventsPerAnswer + 1;
  const more = await fetchApi(`/api/v1/events?limit=${limit}`);
  await failureOf(more, 400, "invalid_parameter");
});

test("a token of some metrics neither reads nor says any", async () => {
  const { OPEN: _open, ...bindings } = env;
  const store = { ...bindings, API_TOKEN: TOKEN };
  const ask = async (token: string, path: string, body?: object): Promise<Response> =>
    await app.request(
      path,
      {
        headers: { authorization: `Bearer ${token}` },
        ...(body && { method: "POST", body: JSON.stringify(body) }),
      },
      store,
    );
  for (const [scope, prefix, reads, says] of [
    ["read", "", 200, 403],
    ["write", "", 403, 200],
    ["read", "web.", 403, 403],
    ["write", "web.", 403, 403],
  ] as const) {
    const made = await ask(TOKEN, "/api/v1/tokens", { name: "t", scope, prefix });
    const { token } = createdToken.parse(await made.json());
    expect((await ask(token, "/api/v1/events")).status).toBe(reads);
    expect((await ask(token, "/api/v1/events", { text: "x" })).status).toBe(says);
  }
});
