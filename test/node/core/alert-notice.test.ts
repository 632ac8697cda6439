// What a notice links to: the page reads it back as what the rule asked, of the series that fired.

import { expect, test } from "vitest";
import { bodyOf, searchOf, type Told } from "../../../src/core/alerts/notice.ts";
import type { Rule } from "../../../src/core/alerts/rule.ts";
import { parseMatcher } from "../../../src/core/query/filter.ts";
import { RULE_STATS } from "../../../src/ui/models/rule-draft.ts";
import { misreadIn } from "../../../src/ui/models/misread.ts";
import { parseView, showOf } from "../../../src/ui/url.ts";

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

test.each(RULE_STATS)(
  "of a rule on the %s: nothing is misread, and a counter shows what is compared",
  (stat) => {
    const search = `?${searchOf({ ...RULE, stat })}`;
    expect(misreadIn("/", search)).toEqual([]);
    const [panel] = parseView("/", search).panels;
    const isRise = stat === "rate" || stat === "increase";
    expect(panel!.stat).toBe(isRise ? "avg" : stat);
    expect(showOf({ ...panel!, known: { type: "counter" } })).toBe(isRise ? "rate" : "value");
    // A gauge has no other.
    expect(showOf({ ...panel!, known: { type: "gauge" } })).toBe("value");
  },
);

test("Alertmanager's alerts have a link each", () => {
  const { alerts } = JSON.parse(bodyOf("alertmanager", told("a", "b"))) as {
    alerts: { generatorURL: string }[];
  };
  expect(alerts.map(({ generatorURL }) => panelAt(generatorURL).where.at(-1))).toEqual([
    "host=a",
    "host=b",
  ]);
});

test("Slack's message: what a label says is text, not a mention or a link, and it is not endless", () => {
  const hosts = Array.from({ length: 24 }, (_, i) => `h${i}`);
  const { text, attachments } = JSON.parse(bodyOf("slack", told("<!channel> & co", ...hosts))) as {
    text: string;
    attachments: { color: string; text: string }[];
  };
  expect(text).toBe("[firing] too full");
  const lines = attachments[0]!.text.split("\n");
  expect(lines[0]).toBe("firing: host=&lt;!channel&gt; &amp; co, 95");
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe("and 5 more");
  expect(attachments[0]!.color).toBe("danger");
});

const over: Told = {
  ...told(),
  alerts: [
    { status: "resolved", labels: [["host", "a"]], value: null, startsAt: 60_000, endsAt: 120_000 },
  ],
};

test("what is over, in each shape", () => {
  const own = JSON.parse(bodyOf("minuet", over)) as object;
  expect(own).toMatchObject({
    version: 1,
    key: "k",
    status: "resolved",
    alerts: [{ status: "resolved", labels: { host: "a" }, startsAt: 60_000, endsAt: 120_000 }],
  });
  expect(own).not.toHaveProperty("test");
  expect(JSON.parse(bodyOf("slack", over))).toMatchObject({
    text: "[resolved] too full",
    attachments: [{ color: "good", text: "resolved: host=a, no points" }],
  });
  expect(JSON.parse(bodyOf("alertmanager", over))).toMatchObject({
    version: "4",
    status: "resolved",
    alerts: [
      {
        status: "resolved",
        labels: { alertname: "too full", host: "a" },
        annotations: { value: "no points" },
        startsAt: "1970-01-01T00:01:00.000Z",
        endsAt: "1970-01-01T00:02:00.000Z",
      },
    ],
  });
});
