// What kind of metric one is: what somebody said, and else what its name says. Pure.

/** Words of Prometheus. gauge: each value stands for itself; unknown: it is said that nobody knows. */
export const METRIC_TYPES = ["counter", "gauge", "histogram", "summary", "unknown"] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

/** Prometheus' and StatsD's endings of what only rises, until it begins again at 0. */
const COUNTER = /(?:_total|_count|\.count|_bucket)$/;

/** Undefined when the name does not say. A convention alone: what is said comes first. */
export const typeByName = (name: string): MetricType | undefined =>
  COUNTER.test(name) ? "counter" : undefined;

/** Whether values only rise until they begin again at 0, so that there is an increase and a rate. */
export const rises = (type: MetricType | undefined): boolean =>
  type === "counter" || type === "histogram";
