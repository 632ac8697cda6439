// A notice as the receivers of different systems read it. Pure.

import { formatMatcher } from "../query/filter.ts";
import { type Labels, labelsJson, labelsObject } from "../series/labels.ts";
import { quote } from "../text.ts";
import type { NoticeAlert } from "./machine.ts";
import type { Condition, Rule, Shape } from "./rule.ts";

export interface Told {
  readonly id: number;
  readonly rule: Rule;
  readonly key: string;
  readonly alerts: readonly NoticeAlert[];
  /** Address of the page. */
  readonly page: string;
  /** It was asked for by hand. */
  readonly test?: true;
}

/** The condition in words: "avg of cpu.load over 5 min > 0.9". */
export const sentenceOf = ({ stat, metric, window, op, threshold, where }: Rule): string =>
  `${stat} of ${metric}${where.length === 0 ? "" : ` (${where.join(", ")})`} over ${window / 60_000} min ${op} ${threshold}`;

export function bodyOf(shape: Shape, told: Told): string {
  switch (shape) {
    case "minuet":
      return JSON.stringify(own(told));
    case "slack":
      return JSON.stringify(slack(told));
    case "alertmanager":
      return JSON.stringify(alertmanager(told));
  }
}

const statusOf = ({ alerts }: Told): "firing" | "resolved" =>
  alerts.some(({ status }) => status === "firing") ? "firing" : "resolved";

/**
 * What the address of the page says to draw what a rule compares, behind its question mark; of one series,
 * where the labels of an alert say which.
 */
export function searchOf(rule: Condition, labels: Labels = []): string {
  const { metric, stat, where } = rule;
  const [by, ...more] = rule.by;
  // The page draws the rate of counters by itself, and no increase; what is no counter has its value alone.
  const isRise = stat === "rate" || stat === "increase";
  const only = labels.map(([label, value]) => formatMatcher({ label, op: "=", value }));
  const fields: (readonly [string, string])[] = [
    ["metric", metric],
    ...(isRise || stat === "avg" ? [] : ([["stat", stat]] as const)),
    ...(isRise ? [] : ([["show", "value"]] as const)),
    ...(labels.length === 0 && by !== undefined && more.length === 0
      ? ([["by", by]] as const)
      : []),
    ...[...where, ...only].map((one) => ["where", one] as const),
  ];
  return fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

const linkOf = ({ page, rule }: Told, labels: Labels = []): string =>
  `${page}/?${searchOf(rule, labels)}`;

/** Of the only alert that is told, its labels. */
const onlyOf = ({ alerts: [first, ...more] }: Told): Labels =>
  first !== undefined && more.length === 0 ? first.labels : [];

const own = (told: Told) => ({
  version: 1,
  key: told.key,
  ...(told.test && { test: true }),
  status: statusOf(told),
  rule: { id: told.id, ...told.rule },
  summary: sentenceOf(told.rule),
  link: linkOf(told, onlyOf(told)),
  alerts: told.alerts.map(({ labels, endsAt, ...rest }) => ({
    ...rest,
    endsAt: endsAt ?? null,
    labels: labelsObject(labels),
  })),
});

/** Lines of one message of Slack; the rest are counted. */
const LINES = 20;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function slack(told: Told) {
  const { rule, alerts, test } = told;
  const status = statusOf(told);
  const lines = alerts.slice(0, LINES).map(({ status, labels, value }) => {
    const name = labels.map(([label, text]) => `${label}=${text}`).join(" ");
    return `${status}: ${name === "" ? rule.metric : name}, ${value === null ? "no points" : value}`;
  });
  if (alerts.length > LINES) lines.push(`and ${alerts.length - LINES} more`);
  const title = `${test ? "[test] " : ""}[${status}] ${rule.name}`;
  return {
    text: escaped(title),
    attachments: [
      {
        color: status === "firing" ? "danger" : "good",
        fallback: title,
        title: sentenceOf(rule),
        title_link: linkOf(told, onlyOf(told)),
        text: escaped(lines.join("\n")),
      },
    ],
  };
}

/** As Go writes that there is no time. */
const NEVER = "0001-01-01T00:00:00Z";

/** What Alertmanager sends to its webhooks, version 4. */
function alertmanager(told: Told) {
  const { id, rule, alerts, key, test } = told;
  const common = { alertname: rule.name, rule: String(id), ...(test && { test: "true" }) };
  const annotations = { summary: sentenceOf(rule) };
  return {
    version: "4",
    groupKey: `{}:{alertname=${quote(rule.name)}, rule="${id}"}`,
    truncatedAlerts: 0,
    status: statusOf(told),
    receiver: "minuet",
    groupLabels: { alertname: rule.name, rule: String(id) },
    commonLabels: common,
    commonAnnotations: annotations,
    externalURL: told.page,
    notice: key,
    alerts: alerts.map(({ status, labels, value, startsAt, endsAt }) => ({
      status,
      labels: { ...labelsObject(labels), ...common },
      annotations: { ...annotations, value: value === null ? "no points" : String(value) },
      startsAt: new Date(startsAt).toISOString(),
      endsAt: endsAt === undefined ? NEVER : new Date(endsAt).toISOString(),
      generatorURL: linkOf(told, labels),
      fingerprint: fingerprint(`${id}${labelsJson(labels)}`),
    })),
  };
}

/** FNV-1a of 64 bits, hexadecimal: tells alerts apart, as Alertmanager's does. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
