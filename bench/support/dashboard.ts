// Twenty usual panels of a dashboard over the machines of fleet.ts, and the times that Grafana asks them at.

import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";

/** `$range` stands for Grafana's $__rate_interval. */
export const PANELS: readonly string[] = [
  "sum(rate(http_requests_total[$range]))",
  "sum by (code) (rate(http_requests_total[$range]))",
  'sum(rate(http_requests_total{code=~"5.."}[$range])) / sum(rate(http_requests_total[$range]))',
  "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[$range])))",
  "histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket[$range])))",
  "sum(rate(http_request_duration_seconds_sum[$range])) / sum(rate(http_request_duration_seconds_count[$range]))",
  '100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$range])))',
  "sum by (mode) (rate(node_cpu_seconds_total[$range]))",
  "topk(5, sum by (instance) (rate(http_requests_total[$range])))",
  "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
  "avg(node_memory_MemAvailable_bytes)",
  "max(node_load1)",
  "quantile(0.9, node_load1)",
  'node_load1{instance="host-3"}',
  "8 * sum(rate(node_network_receive_bytes_total[$range]))",
  'rate(node_network_transmit_bytes_total{instance=~"host-[0-4]"}[$range])',
  "min(node_filesystem_avail_bytes / node_filesystem_size_bytes)",
  "max(avg_over_time(node_load1[$range]))",
  "count(up == 1)",
  'sum(increase(http_requests_total{code="500"}[$range]))',
];

export interface Span {
  readonly name: string;
  /** ms. */
  readonly length: number;
  readonly step: number;
  /** ms: four samples, or the step and one. */
  readonly range: number;
}

/** What Grafana asks of samples every so often (ms) in a panel of some 700 pixels. */
export const spansOf = (every: number): readonly Span[] =>
  (
    [
      ["1 h", HOUR, every],
      ["24 h", DAY, 2 * MINUTE],
      ["30 d", 30 * DAY, HOUR],
      ["1 y", 365 * DAY, 12 * HOUR],
    ] as const
  ).map(([name, length, step]) => ({
    name,
    length,
    step,
    range: Math.max(step + every, 4 * every),
  }));

/** A panel as it is asked over a span that ends at `end`, Unix ms: Grafana asks at whole steps. */
export function askedOf(
  panel: string,
  { length, step, range }: Span,
  end: number,
): URLSearchParams {
  const last = Math.floor(end / step) * step;
  return new URLSearchParams({
    query: panel.replaceAll("$range", `${range / 1_000}s`),
    start: String((last - length) / 1_000),
    end: String(last / 1_000),
    step: String(step / 1_000),
  });
}
