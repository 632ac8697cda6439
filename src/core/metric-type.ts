// What kind of metric a name says it is. A convention alone: what a sender said comes first. Pure.

export type MetricType = "counter";

/** Prometheus' and StatsD's endings of what only rises, until it begins again at 0. */
const COUNTER = /(?:_total|_count|\.count|_bucket)$/;

/** Undefined when the name does not say. */
export const typeByName = (name: string): MetricType | undefined =>
  COUNTER.test(name) ? "counter" : undefined;
