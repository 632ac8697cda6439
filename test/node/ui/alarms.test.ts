// What of rules of alerts stands on a chart, and what the form of a rule says and sends.

import { expect, test } from "vitest";
import type { RuleAnswer } from "../../../src/core/api-alerts.ts";
import { spansOn, thresholdsOn } from "../../../src/ui/chart/alarms.ts";
import { standOf, worstFirst } from "../../../src/ui/components/rule-words.ts";
import { alertOn, bodyOf, draftOf, draftOfRule } from "../../../src/ui/models/rule-draft.ts";
import { panelOf } from "../../../src/ui/url.ts";

const RULE: RuleAnswer = {
  id: 1,
  name: "hot",
  metric: "cpu",
  stat: "avg",
  by: ["host"],
  where: [],
  window: 300_000,
  op: ">",
  threshold: 10,
  for: 0,
  resolveAfter: 0,
  missing: "resolve",
  state: "inactive",
  since: 0,
  alerts: [],
  past: [],
  measured: null,
  health: "ok",
  problem: null,
  silencedUntil: 0,
  createdAt: 0,
  webhook: null,
  shape: "minuet",
};
const past = (host: string, firedAt: number, endedAt: number) => ({
  labels: { host },
  firedAt,
  endedAt,
});

test("times in which alerts of a rule fired are one where they overlap, and name some", () => {
  const rule: RuleAnswer = {
    ...RULE,
    state: "firing",
    alerts: [
      { labels: { host: "z" }, state: "firing", since: 70, firedAt: 80, value: 20 },
      { labels: { host: "y" }, state: "pending", since: 60, firedAt: null, value: 20 },
    ],
    past: [past("c", 25, 40), past("b", 15, 30), past("a", 10, 20)],
  };
  expect(spansOn([rule], panelOf("cpu"))).toEqual([
    { from: 10, to: 40, words: "hot: host=a, host=b, host=c" },
    { from: 80, to: Infinity, words: "hot: host=z" },
  ]);
  expect(spansOn([rule], { ...panelOf("cpu"), where: ["host=b", "zone=eu"] })).toEqual([
    { from: 15, to: 30, words: "hot: host=b" },
  ]);
  expect(spansOn([rule], { ...panelOf("cpu"), all: ["host!=z"] })).toHaveLength(1);
  expect(spansOn([rule], panelOf("other"))).toEqual([]);
  const many = ["a", "b", "c", "d", "e"].map((host) => past(host, 1, 2));
  expect(spansOn([{ ...RULE, past: many }], panelOf("cpu"))[0]!.words).toBe(
    "hot: host=a, host=b, host=c, 2 more",
  );
});

test("a threshold is a line where what is drawn is what the rule compares", () => {
  const lines = (change: object, rule: Partial<RuleAnswer> = {}) =>
    thresholdsOn([{ ...RULE, ...rule }], { ...panelOf("cpu"), ...change }).map(({ at }) => at);
  expect(lines({})).toEqual([10]);
  expect(lines({ stat: "max" })).toEqual([]);
  expect(lines({ stat: "max" }, { stat: "max" })).toEqual([10]);
  expect(lines({ over: "all" })).toEqual([]);
  // A sum over a window is no sum over a bucket.
  expect(lines({ stat: "sum" }, { stat: "sum" })).toEqual([]);
  const counter = { known: { type: "counter" } };
  expect(lines(counter)).toEqual([]);
  expect(lines(counter, { stat: "rate" })).toEqual([10]);
});

test("a rule stands as it is, the worst first", () => {
  const rules: RuleAnswer[] = [
    { ...RULE, name: "b" },
    { ...RULE, name: "a" },
    { ...RULE, name: "silent", measured: { groups: 0, values: [] } },
    { ...RULE, name: "unknown", health: "unknown" },
    { ...RULE, name: "failed", health: "failed" },
    { ...RULE, name: "pending", state: "pending" },
    { ...RULE, name: "firing", state: "firing", health: "failed" },
  ];
  expect(worstFirst(rules).map((one) => `${one.name} ${standOf(one)}`)).toEqual([
    "firing firing",
    "pending pending",
    "failed failed",
    "silent silent",
    "unknown silent",
    "a ok",
    "b ok",
  ]);
});

test("a panel's menu leads to the form, which says the same", () => {
  const panel = {
    ...panelOf("http.ms"),
    stat: "max",
    by: "host",
    where: ['dir="~alice"'],
    all: ["env=prod"],
    line: 250,
  } as const;
  const address = alertOn(panel);
  expect(address).toMatch(/^\/alerts\?metric=http\.ms&/);
  const draft = draftOf(address.slice("/alerts".length))!;
  expect(bodyOf(draft)).toMatchObject({
    metric: "http.ms",
    stat: "max",
    by: ["host"],
    where: ["env=prod", 'dir="~alice"'],
    threshold: 250,
  });
  expect(draftOf("?metric=x&stat=none&op=~")).toMatchObject({ stat: "avg", op: ">" });
  expect(draftOf("")).toBeUndefined();
  expect(alertOn({ ...panelOf("http.ms"), stat: "p95" })).toBe("/alerts?metric=http.ms&stat=max");
});

test("a rule that is changed is sent as it was, but for what is changed; its webhook stays unless it is said", () => {
  const draft = draftOfRule({ ...RULE, where: ["a=b", "c=d"], by: ["x", "y"], for: 60_000 });
  const { name, metric, stat, by, op, threshold, window, resolveAfter, missing, shape } = RULE;
  const same = { name, metric, stat, op, threshold, window, resolveAfter, missing, shape };
  expect(by).toEqual(["host"]);
  expect(bodyOf(draft)).toEqual({ ...same, by: ["x", "y"], where: ["a=b", "c=d"], for: 60_000 });
  expect(bodyOf({ ...draft, webhook: " https://a.example/ " }).webhook).toBe("https://a.example/");
  expect(bodyOf({ ...draft, tellsNobody: true, webhook: "https://a.example/" }).webhook).toBe("");
});
