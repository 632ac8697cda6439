// What a panel asks of the server, as the address of a question. Pure.

import { isPercentile, type PercentileName, STATISTIC } from "../core/stats.ts";
import { DAY, MINUTE } from "../core/tiers.ts";
import {
  boundsOf,
  filtersOf,
  lengthOf,
  type Panel,
  readable,
  type Resolution,
  showOf,
  type View,
} from "./url.ts";

/** Series that a panel knows at most: of more, the largest by the statistic that is drawn. */
const SERIES_KNOWN = 100;

/** Lengths of ranges, ms, of which samples are drawn at most: by themselves, and when they are chosen. */
const SAMPLES_WITHIN = { auto: 30 * MINUTE, raw: DAY } as const;

/** What is asked for: samples of short ranges, where what is drawn is a value that each of them has. */
function resolutionOf(panel: Panel, { range, resolution }: Asked): Resolution {
  if (resolution !== "auto" && resolution !== "raw") return resolution;
  const length = lengthOf(range);
  const isValue =
    showOf(panel) === "value" &&
    panel.across === undefined &&
    panel.over === undefined &&
    !isPercentile(panel.stat) &&
    STATISTIC[panel.stat].kind === "value";
  return isValue && length <= SAMPLES_WITHIN[resolution] ? "raw" : "auto";
}

/** The percentile that is drawn, if one is: it is of the points of a group alone. */
export const percentileOf = (panel: Panel): PercentileName | undefined =>
  panel.across === undefined && showOf(panel) === "value" && isPercentile(panel.stat)
    ? panel.stat
    : undefined;

/** What panels ask about. */
export type Asked = Pick<View, "range" | "resolution">;

/** What questions of expressions begin with: models/values.ts makes addresses of them. */
export const ASKS_EXPR = "expr?";

/** What a panel asks of the server. Equal panels ask the same. */
export function questionOf(panel: Panel, asked: Asked): string {
  const { metric, expr, stat, by, across } = panel;
  const { from, to } = boundsOf(asked.range);
  if (expr !== undefined) {
    const { resolution: every } = asked;
    const search = new URLSearchParams({ expr, from, to, every });
    for (const matcher of filtersOf(panel)) search.append("where", matcher);
    return ASKS_EXPR + search;
  }
  const resolution = resolutionOf(panel, asked);
  const search = new URLSearchParams({ metric, from, to, resolution });
  const rate = showOf(panel) === "rate";
  const percentile = percentileOf(panel);
  if (percentile !== undefined) search.set("stat", percentile);
  if (by !== undefined) {
    search.set("by", by);
    search.set("limit", String(SERIES_KNOWN));
    search.set("order", rate ? "rate" : (percentile ?? (isPercentile(stat) ? "avg" : stat)));
    search.set("rest", "true");
  }
  // A rate of several series is that of their sum already.
  if (across !== undefined && !rate) search.set("across", across);
  for (const matcher of filtersOf(panel)) search.append("where", matcher);
  return `/api/v1/query?${readable(search)}`;
}
