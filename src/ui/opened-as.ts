// How a metric is opened that was not on the page before. Pure.

import type { MetricSummary } from "../core/api.ts";
import { type Panel, panelOf } from "./url.ts";

/** Of a metric with so few series each is drawn apart at first. */
const SPLIT_AT_FIRST = 10;

/** How a metric is opened, as far as its series are known. */
export function openedAs(
  metric: string,
  known: Pick<MetricSummary, "series" | "labelNames"> | undefined,
): Panel {
  const { series = 1, labelNames = [] } = known ?? {};
  const [only, another] = labelNames;
  const by = another === undefined && only !== undefined ? only : "*";
  const panel = panelOf(metric);
  return series > 1 && series <= SPLIT_AT_FIRST ? { ...panel, by } : panel;
}
