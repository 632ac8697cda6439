// Alerts: rules over real points, the cron, and a receiver that is another Worker.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { NO_STATE, type RuleState } from "../../src/core/alerts/machine.ts";
import type { Rule } from "../../src/core/alerts/rule.ts";
import type { Source } from "../../src/core/query/source.ts";
import { DAY, MINUTE } from "../../src/core/tiers.ts";
import { measure } from "../../src/worker/alerts/read.ts";
import { signature } from "../../src/worker/alerts/send.ts";
import { app } from "../../src/worker/app.ts";
import { runAlerts } from "../../src/worker/cron/alerts.ts";
import type { Env } from "../../src/worker/env.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { createdRule, ruleAnswer, rulesAnswer } from "../../src/worker/routes/alert-schemas.ts";
import { failureOf, NOW, store, TOKEN } from "./api-client.ts";
import { type Answer, answering, type Received, receivedBy } from "./outside.ts";

const PATH = "/api/v1/alerts/rules";
const HOOK = "https://hooks.example/secret-path";

const HOST = "hooks.example";
/** Notices, in the order in which they came. */
let received: Received[];
let now = NOW;

const answers = (answer: Answer): Promise<void> => answering(HOST, answer);

beforeEach(async () => {
  // The points of one test are not in the windows of the next.
  now += 2 * DAY;
  await receivedBy(HOST);
  await answers({});
  received = [];
  vi.useFakeTimers({ toFake: ["Date"], now });
  await env.DB.exec("DELETE FROM alert_rule");
});
afterEach(() => vi.restoreAllMocks());

const ask = async (
  path: string,
  method = "GET",
  body?: unknown,
  of: Env = env,
): Promise<Response> =>
  app.request(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) }, of);

const RULE = { name: "hot", metric: "cpu", by: ["host"], op: ">", threshold: 10, webhook: HOOK };

async function make(change: object = {}) {
  const response = await ask(PATH, "POST", { ...RULE, ...change });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return createdRule.strict().parse(JSON.parse(text));
}

const list = async () => rulesAnswer.strict().parse(await (await ask(PATH)).json()).rules;

/** So many minutes later, with points in the minute before. */
async function later(
  minutes: number,
  values: Readonly<Record<string, number>> = {},
): Promise<void> {
  now += minutes * MINUTE;
  vi.setSystemTime(now);
  const points = Object.entries(values).map(([host, value]) => ({
    name: "cpu",
    labels: { host },
    value,
    timestamp: now - MINUTE / 2,
  }));
  if (points.length > 0) await store(points);
}

/** A run of the cron, and what came of it. */
async function run(of: Env = env): Promise<{ readonly written: number }> {
  try {
    return await runAlerts(of, { now: () => now });
  } finally {
    received.push(...(await receivedBy(HOST)));
  }
}

interface Told {
  readonly link: string;
  readonly key: string;
  readonly status: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: { readonly host?: string };
  }[];
}
const told = (): Told[] => received.map(({ body }) => JSON.parse(body) as Told);
const brief = () =>
  told().map(({ alerts }) => alerts.map(({ status, labels }) => `${status} ${labels.host ?? ""}`));

test("a series that is over the threshold fires alone, is told once, and is told when it is over", async () => {
  const { secret } = await make({ window: "1m" });
  await later(1, { a: 20, b: 1 });
  expect((await run()).written).toBeGreaterThan(0);
  expect(brief()).toEqual([["firing a"]]);
  const [{ headers, body }] = received as [Received];
  const [, sec, sent] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers["minuet-signature"]!)!;
  expect(sent).toBe(await signature(secret, Number(sec), body));
  expect(headers["idempotency-key"]).toBe(told()[0]!.key);
  // Nothing changes: no row, no notice, also when it runs twice.
  expect((await run()).written).toBe(0);
  await later(1, { a: 21, b: 1 });
  expect((await run()).written).toBe(0);
  await later(1, { a: 1, b: 1 });
  await run();
  expect(brief()).toEqual([["firing a"], ["resolved a"]]);
  expect((await list())[0]).toMatchObject({ state: "inactive", alerts: [], problem: null });
});

test("it fires when it has held for so long, and not when it was over meanwhile", async () => {
  await make({ window: "1m", for: "2m" });
  await later(1, { a: 20 });
  await run();
  expect((await list())[0]).toMatchObject({ state: "pending" });
  await later(1, { a: 1 });
  await run();
  for (let minute = 0; minute < 2; minute++) {
    await later(1, { a: 20 });
    await run();
  }
  expect(received).toEqual([]);
  await later(1, { a: 20 });
  await run();
  expect(brief()).toEqual([["firing a"]]);
});

test("two runs at once send one notice", async () => {
  await make({ window: "1m" });
  await later(1, { a: 20 });
  await Promise.all([run(), run(), run()]);
  expect(brief()).toEqual([["firing a"]]);
});

test("what is not taken is sent again, later each time, as it was; what happens meanwhile is told then", async () => {
  await make({ window: "1m" });
  await answers({ status: 500 });
  await later(1, { a: 20 });
  await run();
  await run();
  expect(received).toHaveLength(1);
  expect((await list())[0]!.problem).toBe("the webhook answered 500");
  await later(1, { a: 1, b: 20 });
  await run();
  expect(received).toHaveLength(2);
  await later(1, { b: 20 });
  await run();
  expect(received).toHaveLength(2);
  await answers({ fails: true });
  await later(1, { b: 20 });
  await run();
  expect((await list())[0]!.problem).toBe("the webhook cannot be reached");
  await answers({});
  await later(4, { b: 20 });
  await run();
  const keys = told().map(({ key }) => key);
  expect(new Set(keys).size).toBe(1);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  await later(1, { b: 20 });
  await run();
  expect(brief().at(-1)).toEqual(["resolved a", "firing b"]);
});

test("a run that is cut off after it has written leaves its notice to a later one, under its key", async () => {
  await make({ window: "1m" });
  await later(1, { a: 20 });
  // The webhook has taken it, and nobody comes to know.
  const lost = { ...env, DB: failsFrom(3) } as Env;
  await expect(run(lost)).rejects.toThrow("cut off");
  expect(received).toHaveLength(1);
  await later(1, { a: 20 });
  await run();
  expect(received).toHaveLength(1);
  await later(2, { a: 20 });
  await run();
  expect(received).toHaveLength(2);
  expect(told()[1]).toEqual(told()[0]);
});

/** A database that fails from its nth statement or batch on, as for a run that is cut off. */
function failsFrom(nth: number): D1Database {
  let asked = 0;
  return new Proxy(env.DB, {
    get(db, name) {
      if (name === "prepare" && ++asked >= nth) throw new Error("cut off");
      const found: unknown = Reflect.get(db, name);
      return typeof found === "function" ? (found.bind(db) as unknown) : found;
    },
  });
}

test("redirects are failures, and addresses of private networks are refused", async () => {
  await make({ window: "1m" });
  await answers({ status: 302, headers: { location: `https://${HOST}/elsewhere` } });
  await later(1, { a: 20 });
  await run();
  expect(received).toHaveLength(1);
  expect((await list())[0]!.problem).toContain("redirects are not followed");
  const closed = { ...env, OPEN: "", API_TOKEN: TOKEN } as Env;
  for (const webhook of [
    "http://hooks.example/",
    "https://localhost/",
    "https://10.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://169.254.169.254/",
    "https://172.31.0.1/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://localhost./",
    "https://printer.home.arpa/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:1::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://metadata.internal/",
    "https://user:word@hooks.example/",
    "nowhere",
  ]) {
    const init = {
      method: "POST",
      body: JSON.stringify({ ...RULE, webhook }),
      headers: { authorization: `Bearer ${TOKEN}` },
    };
    const response = await app.request(PATH, init, closed);
    await failureOf(response, 400, "invalid_parameter");
  }
  // What was taken while the store was open is looked at again before it is told.
  await make({ window: "1m", name: "before", webhook: "http://127.0.0.1/" });
  await later(1, { a: 20 });
  await run(closed);
  expect((await list()).find(({ name }) => name === "before")!.problem).toContain("must be https");
  expect(await receivedBy("127.0.0.1")).toEqual([]);
});

test("a silenced rule tells nobody, and afterwards what is not as it was told", async () => {
  const { id } = await make({ window: "1m" });
  expect((await ask(`${PATH}/${id}/silence`, "POST", { until: "+2m" })).status).toBe(200);
  await later(1, { a: 20 });
  await run();
  expect(received).toEqual([]);
  expect((await list())[0]).toMatchObject({ state: "firing" });
  await later(1, { a: 20 });
  await run();
  expect(brief()).toEqual([["firing a"]]);
});

test("a silence is ended before its time", async () => {
  const { id } = await make({ window: "1m" });
  await ask(`${PATH}/${id}/silence`, "POST", { until: "+2h" });
  await later(1, { a: 20 });
  await run();
  const ended = await ask(`${PATH}/${id}/silence`, "DELETE");
  expect(ruleAnswer.strict().parse(await ended.json())).toMatchObject({ silencedUntil: 0 });
  await run();
  expect(brief()).toEqual([["firing a"]]);
  await failureOf(await ask(`${PATH}/0/silence`, "DELETE"), 404, "unknown_rule");
});

test("what was told ends by the words that told it, whatever the rule is called then", async () => {
  const { id } = await make({ window: "1m" });
  const rename = (name: string, more: object = {}) =>
    ask(`${PATH}/${id}`, "PUT", { ...RULE, window: "1m", name, ...more });
  await answers({ status: 500 });
  await later(1, { a: 20 });
  await run();
  await rename("warm", { threshold: 15 });
  await answers({});
  await later(1, { a: 20 });
  await run();
  // The same notice, though the rule is another by now.
  expect(received[1]!.body).toBe(received[0]!.body);
  await later(1, { a: 1 });
  await run();
  await later(1, { a: 20 });
  await run();
  expect(
    received.map(({ body }) => (JSON.parse(body) as { rule: { name: string } }).rule.name),
  ).toEqual(["hot", "hot", "hot", "warm"]);
  expect(
    received.map(({ body }) => (JSON.parse(body) as { summary: string }).summary.slice(-4)),
  ).toEqual(["> 10", "> 10", "> 10", "> 15"]);
  expect(brief().slice(2)).toEqual([["resolved a"], ["firing a"]]);
});

test("what a rule finds now, since when it is as it is, and what is past", async () => {
  await make({ window: "1m", by: ["host"] });
  await later(1, { a: 20, b: 30, c: 1 });
  const start = now;
  await run();
  await later(1, { a: 1, b: 40, c: 2 });
  await run();
  const measured = async () =>
    rulesAnswer.strict().parse(await (await ask(`${PATH}?measured=true`)).json()).rules[0]!;
  expect(await measured()).toMatchObject({
    state: "firing",
    since: start,
    alerts: [{ labels: { host: "b" } }],
    past: [{ labels: { host: "a" }, firedAt: start, endedAt: now }],
    measured: {
      groups: 3,
      values: [
        { labels: { host: "b" }, value: 40 },
        { labels: { host: "c" }, value: 2 },
        { labels: { host: "a" }, value: 1 },
      ],
    },
  });
  expect((await list())[0]).toMatchObject({ measured: null });
  await later(2);
  await run();
  expect(await measured()).toMatchObject({
    state: "inactive",
    since: now,
    measured: { groups: 0, values: [] },
  });
});

test("what of a rule is past, and told of its values, is bounded", async () => {
  await make({ window: "1m" });
  const state: RuleState = {
    ...NO_STATE,
    past: Array.from({ length: LIMITS.pastAlerts }, (_, i) => ({
      labels: [],
      firedAt: i,
      endedAt: i + 1,
    })),
  };
  await env.DB.prepare("UPDATE alert_rule SET state = ?").bind(JSON.stringify(state)).run();
  const hosts = Array.from({ length: LIMITS.valuesPerRule + 1 }, (_, i) => [`h${i}`, 20 + i]);
  await later(1, Object.fromEntries(hosts));
  await run();
  const { rules } = rulesAnswer.parse(await (await ask(`${PATH}?measured=true`)).json());
  expect(rules[0]!.measured).toMatchObject({ groups: LIMITS.valuesPerRule + 1 });
  expect(rules[0]!.measured!.values).toHaveLength(LIMITS.valuesPerRule);
  await later(1);
  await run();
  const { past } = (await list())[0]!;
  expect(past).toHaveLength(LIMITS.pastAlerts);
  expect(past[0]).toMatchObject({ endedAt: now });
});

test("rules that fire where points are missing are read together, and a run reads so much at most", async () => {
  await later(1, { a: 20 });
  const rules = Array.from({ length: LIMITS.alertReadsPerRun * 4 }, (_, i): Rule => ({
    name: `r${i}`,
    metric: i % 2 === 0 ? "cpu" : `none${i}`,
    stat: "avg",
    by: [],
    where: [],
    window: MINUTE,
    op: ">",
    threshold: 10,
    for: 0,
    resolveAfter: 0,
    missing: "fire",
  }));
  let reads = 0;
  let fails = false;
  const source = sourceOf(env, "", now);
  const counted: Source = {
    ...source,
    select: async (...asked) => {
      reads++;
      return await source.select(...asked);
    },
    series: async (...asked) => {
      reads++;
      const found = await source.series(...asked);
      return fails && found.ok ? { ok: true, value: { ...found.value, cut: true } } : found;
    },
  };
  const found = await measure(counted, rules, now);
  expect(reads).toBe(2);
  expect(found.size).toBe(rules.length);
  expect(found.get(rules[0]!)).toMatchObject({ values: [{ value: 20 }], expected: [[]] });
  expect(found.get(rules[1]!)).toMatchObject({ values: [], expected: [] });
  reads = 0;
  fails = true;
  await measure(counted, rules, now);
  expect(reads).toBeLessThanOrEqual(LIMITS.alertReadsPerRun);
  expect(reads).toBeGreaterThan(2);
});

test("a webhook that does not answer is waited for a while", async () => {
  await make({ window: "1m" });
  await answers({ hangs: true });
  await later(1, { a: 20 });
  await run();
  expect((await list())[0]!.problem).toBe(
    `the webhook did not answer within ${LIMITS.webhookMs} ms`,
  );
});

test("what is missing: resolves, stays, or fires, also of a metric that never was", async () => {
  const rules = ["resolve", "keep", "fire"] as const;
  for (const missing of rules) await make({ name: missing, window: "1m", missing });
  await make({ name: "never", metric: "no.such", window: "1m", missing: "fire" });
  await later(1, { a: 20 });
  await run();
  const states = async () => (await list()).map(({ name, state }) => `${name} ${state}`);
  expect(await states()).toEqual(["resolve firing", "keep firing", "fire firing", "never firing"]);
  await later(2);
  await run();
  expect(await states()).toEqual([
    "resolve inactive",
    "keep firing",
    "fire firing",
    "never firing",
  ]);
  expect((await list())[3]).toMatchObject({
    health: "unknown",
    alerts: [{ labels: {}, value: null }],
  });
});

test("secrets and addresses are not told again; a rule of another metric ends its alerts", async () => {
  const { id, secret } = await make({ window: "1m" });
  await later(1, { a: 20 });
  await run();
  const text = JSON.stringify(await list());
  expect(text).not.toContain(secret);
  expect(text).not.toContain("secret-path");
  expect(text).toContain("https://hooks.example");
  const { webhook: _, ...rest } = RULE;
  const put = await ask(`${PATH}/${id}`, "PUT", { ...rest, window: "1m", metric: "other" });
  expect(ruleAnswer.strict().parse(await put.json()).alerts).toEqual([]);
  await later(1);
  await run();
  expect(brief()).toEqual([["firing a"], ["resolved a"]]);
});

test("links lead to the address by which the rule was changed last", async () => {
  const { id } = await make({ window: "1m" });
  const path = `http://other.localhost:8787${PATH}/${id}`;
  expect((await ask(path, "PUT", { ...RULE, window: "1m" })).status).toBe(200);
  await later(1, { a: 20 });
  await run();
  expect(told()[0]!.link).toMatch(/^http:\/\/other\.localhost:8787\/\?metric=cpu&/);
});

test("shapes of Slack and Alertmanager, and the button that tests", async () => {
  const { id, secret } = await make({ shape: "slack" });
  expect((await ask(`${PATH}/${id}/test`, "POST")).status).toBe(200);
  const [slack] = await receivedBy(HOST);
  const signed = async ({ headers, body }: Received, by: string): Promise<void> => {
    const [, sec] = /^t=(\d+),/.exec(headers["minuet-signature"]!)!;
    expect(Number(sec)).toBe(now / 1_000);
    const mac = await signature(by, now / 1_000, body);
    expect(headers["minuet-signature"]).toBe(`t=${sec},v1=${mac}`);
  };
  await signed(slack!, secret);
  expect(JSON.parse(slack!.body)).toMatchObject({ text: "[test] [firing] hot" });
  await answers({ status: 404 });
  const am = await make({ shape: "alertmanager" });
  const failed = await ask(`${PATH}/${am.id}/test`, "POST");
  expect(failed.status).toBe(422);
  const [alertmanager] = await receivedBy(HOST);
  await signed(alertmanager!, am.secret);
  expect(JSON.parse(alertmanager!.body)).toMatchObject({
    version: "4",
    status: "firing",
    alerts: [{ labels: { alertname: "hot", host: "test" }, endsAt: "0001-01-01T00:00:00Z" }],
  });
});

test("Prometheus' clients see rules and alerts", async () => {
  await make({ window: "1m", where: ["host=a"] });
  await later(1, { a: 20, b: 20 });
  await run();
  const rules = await (await ask("/prometheus/api/v1/rules")).json();
  expect(rules).toMatchObject({
    status: "success",
    data: {
      groups: [
        {
          rules: [
            {
              name: "hot",
              type: "alerting",
              state: "firing",
              health: "ok",
              query:
                'sum by (host) (sum_over_time({"cpu", host="a"}[1m])) / sum by (host) (count_over_time({"cpu", host="a"}[1m])) > 10',
            },
          ],
        },
      ],
    },
  });
  const alerts = await (await ask("/prometheus/api/v1/alerts")).json();
  expect(alerts).toMatchObject({
    data: { alerts: [{ labels: { alertname: "hot", host: "a" }, state: "firing", value: "20" }] },
  });
});

test("200 rules at once are read in few questions, and told within a few runs", async () => {
  for (let i = 1; i < LIMITS.alertRules; i++) await make({ name: `r${i}`, window: "1m" });
  const last = { ...RULE, window: "1m" };
  const more = await Promise.all([last, last, last].map((rule) => ask(PATH, "POST", rule)));
  expect(more.map(({ status }) => status).toSorted()).toEqual([200, 422, 422]);
  await later(1, { a: 20 });
  await run();
  expect(received).toHaveLength(LIMITS.noticesPerRun);
  for (let more = 0; more < 7; more++) await run();
  expect(received).toHaveLength(LIMITS.alertRules);
});

test("what a rule may be is bounded", async () => {
  const tooMuch = {
    name: "n".repeat(LIMITS.ruleNameLength + 1),
    webhook: `https://hooks.example/${"x".repeat(LIMITS.webhookLength)}`,
    by: Array.from({ length: LIMITS.labelsPerRule + 1 }, (_, i) => `l${i}`),
    window: LIMITS.alertWindowMs + MINUTE,
  };
  for (const [field, value] of Object.entries(tooMuch)) {
    const response = await ask(PATH, "POST", { ...RULE, [field]: value });
    expect([field, response.status, await response.text()]).toEqual([
      field,
      400,
      expect.stringContaining(field),
    ]);
  }
});

test("a label that explodes is no alert each", async () => {
  await make({ window: "1m", by: ["id"] });
  await later(1);
  await store(
    Array.from({ length: LIMITS.alertsPerRule + 1 }, (_, id) => ({
      name: "cpu",
      labels: { id: String(id) },
      value: 20,
      timestamp: now - MINUTE / 2,
    })),
  );
  await run();
  expect((await list())[0]).toMatchObject({
    health: "failed",
    alerts: [],
    problem: expect.stringContaining("(alertsPerRule)"),
  });
  expect(received).toEqual([]);
});

test("a notice tells so many alerts, and the next one the rest", async () => {
  await make({ window: "1m" });
  const hosts = Array.from({ length: LIMITS.alertsPerNotice + 1 }, (_, i) => [`h${i}`, 20]);
  await later(1, Object.fromEntries(hosts));
  await run();
  await run();
  expect(told().map(({ alerts }) => alerts.length)).toEqual([LIMITS.alertsPerNotice, 1]);
  expect(new Set(brief().flat()).size).toBe(hosts.length);
});

test("long labels are no state that fits no row: it is as it was, and says so", async () => {
  await make({ window: "1m" });
  await later(1, { a: 20 });
  await run();
  const many = Math.ceil(LIMITS.alertStateCharacters / LIMITS.labelValueLength);
  const host = (i: number): string => String(i).padEnd(LIMITS.labelValueLength, "x");
  await later(1, Object.fromEntries(Array.from({ length: many }, (_, i) => [host(i), 20])));
  await run();
  expect((await list())[0]).toMatchObject({
    health: "failed",
    alerts: [{ labels: { host: "a" } }],
    problem: expect.stringContaining("(alertStateCharacters)"),
  });
  expect(brief()).toEqual([["firing a"]]);
  // While it stays so, it costs no row.
  expect((await run()).written).toBe(0);
});

test("a rule that cannot be read leaves the others alone", async () => {
  await make({ name: "broken" });
  await make({ window: "1m" });
  const broken = vi.spyOn(console, "error").mockReturnValue();
  await env.DB.exec(
    "UPDATE alert_rule SET state = 'x' WHERE id = (SELECT min(id) FROM alert_rule)",
  );
  await later(1, { a: 20 });
  await run();
  expect(brief()).toEqual([["firing a"]]);
  expect(broken.mock.calls.join()).toContain("alert_rule_unreadable");
});

test("it goes on when the clock is set back", async () => {
  await make({ window: "1m", for: "1m" });
  await later(1, { a: 20 });
  await run();
  await later(-60, { a: 20 });
  await run();
  await later(1, { a: 20 });
  await run();
  expect(brief()).toEqual([["firing a"]]);
});
