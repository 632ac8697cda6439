// What a notice links to: the page reads it back as what the rule asked, of the series that fired.

import { expect, test } from "vitest";
import { bodyOf, type Told } from "../../../src/core/alerts/notice.ts";
import type { Rule } from "../../../src/core/alerts/rule.ts";
import { parseMatcher } from "../../../src/core/query/filter.ts";
import { parseView } from "../../../src/ui/url.ts";

const RULE = {
  name: "too full",
  metric: "disk.used",
  stat: "max",
  by: ["host"],
  where: ["dc=a&b"],
  window: 60_000,
  op: ">",
  threshold: 90,
  for: 0,
  resolveAfter: 0,
  missing: "resolve",
} as const satisfies Rule;

const told = (...hosts: string[]): Told => ({
  id: 1,
  rule: RULE,
  key: "k",
  page: "https://m.example",
  alerts: hosts.map((host) => ({
    status: "firing" as const,
    labels: [["host", host]] as const,
    value: 95,
    startsAt: 0,
  })),
});

/** The panel of a link, with its filters read. */
function panelAt(link: string) {
  const { pathname, search } = new URL(link);
  const [panel] = parseView(pathname, search).panels;
  const where = panel!.where.map((one) => {
    const read = parseMatcher(one);
    return read.ok ? `${read.value.label}${read.value.op}${read.value.value}` : read.error;
  });
  return { metric: panel!.metric, stat: panel!.stat, by: panel!.by, where };
}

const linkOf = (of: Told): string => (JSON.parse(bodyOf("minuet", of)) as { link: string }).link;

test.each(["web-1", "~odd", '"quoted"', "a b=c"])("of one series, %s: that one", (host) => {
  expect(panelAt(linkOf(told(host)))).toEqual({
    metric: "disk.used",
    stat: "max",
    by: undefined,
    where: ["dc=a&b", `host=${host}`],
  });
});

test("of several: split as the rule splits", () => {
  expect(panelAt(linkOf(told("a", "b")))).toEqual({
    metric: "disk.used",
    stat: "max",
    by: "host",
    where: ["dc=a&b"],
  });
});

test("Alertmanager's alerts have a link each", () => {
  const { alerts } = JSON.parse(bodyOf("alertmanager", told("a", "b"))) as {
    alerts: { generatorURL: string }[];
  };
  expect(alerts.map(({ generatorURL }) => panelAt(generatorURL).where.at(-1))).toEqual([
    "host=a",
    "host=b",
  ]);
});
