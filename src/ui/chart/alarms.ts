// What of the rules of alerts belongs on a panel's chart: thresholds, and the times in which it fired. Pure.

import type { RuleAnswer } from "../../core/api-alerts.ts";
import { parseMatcher } from "../../core/query/filter.ts";
import { filtersOf, type Panel, showOf } from "../url.ts";

export interface Threshold {
  readonly at: number;
  /** "CPU is busy > 0.9" */
  readonly words: string;
  readonly fires: boolean;
}

/** A time in which rules fired, Unix ms. */
export interface Span {
  readonly from: number;
  /** Infinity: they still do. */
  readonly to: number;
  readonly words: string;
}

const isOn = (rule: RuleAnswer, panel: Panel): boolean =>
  panel.expr === undefined && rule.metric === panel.metric && panel.over === undefined;

/** Statistics of which the values of a rule's window are as large as those of a chart's buckets. */
const SAME_SIZE = ["avg", "min", "max", "first", "last", "rate"];

/** Lines that can be compared with what the panel draws. */
export function thresholdsOn(rules: readonly RuleAnswer[], panel: Panel): readonly Threshold[] {
  // Of other kinds no height is the value of one series.
  if (panel.kind !== undefined) return [];
  const drawn = showOf(panel) === "rate" ? "rate" : panel.stat;
  return rules.flatMap((rule) =>
    isOn(rule, panel) && rule.stat === drawn && SAME_SIZE.includes(rule.stat)
      ? [
          {
            at: rule.threshold,
            words: `${rule.name} ${rule.op}`,
            fires: rule.state === "firing",
          },
        ]
      : [],
  );
}

type Texts = Readonly<Record<string, string>>;

/** Whether no filter says that the panel shows other series; of labels that an alert does not have nothing is known. */
const mayShow = (panel: Panel, labels: Texts): boolean =>
  filtersOf(panel).every((text) => {
    const parts = parseMatcher(text);
    if (!parts.ok) return true;
    const { label, op, value } = parts.value;
    const own = labels[label];
    if (own === undefined) return true;
    return op === "=" ? own === value : op === "!=" ? own !== value : true;
  });

const nameOf = (labels: Texts): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(" ");

/** Alerts that are named of a span. */
const NAMED = 3;

/** The times in which a rule fired, those that overlap as one. */
export function spansOn(rules: readonly RuleAnswer[], panel: Panel): readonly Span[] {
  return rules.flatMap((rule) => {
    if (!isOn(rule, panel)) return [];
    const all = [
      ...rule.alerts.flatMap(({ labels, state, firedAt }) =>
        state === "firing" && firedAt !== null ? [{ labels, from: firedAt, to: Infinity }] : [],
      ),
      ...rule.past.map(({ labels, firedAt, endedAt }) => ({ labels, from: firedAt, to: endedAt })),
    ]
      .filter(({ labels }) => mayShow(panel, labels))
      .toSorted((a, b) => a.from - b.from);
    const joined: { from: number; to: number; names: Set<string> }[] = [];
    for (const { labels, from, to } of all) {
      const last = joined.at(-1);
      if (last === undefined || from > last.to)
        joined.push({ from, to, names: new Set([nameOf(labels)]) });
      else {
        last.to = Math.max(last.to, to);
        last.names.add(nameOf(labels));
      }
    }
    return joined.map(({ from, to, names }) => {
      const named = [...names].filter((name) => name !== "").slice(0, NAMED);
      const more = names.size - NAMED;
      const which = [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
      return { from, to, words: which === "" ? rule.name : `${rule.name}: ${which}` };
    });
  });
}
