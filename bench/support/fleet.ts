// A fleet of machines for the benchmark of PromQL: each reports the same 20 series, at the same times, and what
// a value is depends on the series and the time alone.

export interface FleetSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its value, `sec` seconds after the first one. */
  readonly valueAt: (sec: number) => number;
}

/** A counter that rises by `perSec`, a little faster by day than by night. */
const counter =
  (perSec: number, digits: number) =>
  (sec: number): number => {
    const swing = 0.8 * perSec * 4_000;
    return round(perSec * sec + swing * (1 - Math.cos(sec / 4_000)), digits);
  };

const gauge =
  (mean: number, swing: number, digits: number) =>
  (sec: number): number =>
    round(mean + swing * (Math.sin(sec / 5_000) + Math.sin(sec / 37) / 4), digits);

const round = (value: number, digits: number): number =>
  Math.round(value * 10 ** digits) / 10 ** digits;

/** The series of so many machines, those of one after those of another, as agents send them. */
export const fleet = (machines: number): readonly FleetSeries[] =>
  Array.from({ length: machines }, (_, i) => ofMachine(`host-${i}`, 1 + (i % 17) / 17)).flat();

function ofMachine(instance: string, size: number): FleetSeries[] {
  const one = (
    metric: string,
    valueAt: FleetSeries["valueAt"],
    labels: Readonly<Record<string, string>> = {},
  ): FleetSeries => ({ metric, labels: { instance, job: "fleet", ...labels }, valueAt });
  return [
    ...(["idle", "iowait", "system", "user"] as const).map((mode, i) =>
      one("node_cpu_seconds_total", counter([0.7, 0.01, 0.09, 0.2][i]! * size, 2), { mode }),
    ),
    one("node_memory_MemAvailable_bytes", gauge(9e9 * size, 1e9, 0)),
    one("node_memory_MemTotal_bytes", () => round(16e9 * size, 0)),
    one("node_load1", gauge(2 * size, 1, 2)),
    one("node_filesystem_avail_bytes", gauge(2e11 * size, 1e9, 0), { mountpoint: "/" }),
    one("node_filesystem_size_bytes", () => round(5e11 * size, 0), { mountpoint: "/" }),
    one("node_network_receive_bytes_total", counter(2e5 * size, 0)),
    one("node_network_transmit_bytes_total", counter(1e5 * size, 0)),
    ...(["200", "500"] as const).map((code, i) =>
      one("http_requests_total", counter([20, 0.3][i]! * size, 0), { code }),
    ),
    ...(["0.1", "0.5", "1", "+Inf"] as const).map((le, i) =>
      one("http_request_duration_seconds_bucket", counter([9, 16, 19, 20][i]! * size, 0), { le }),
    ),
    one("http_request_duration_seconds_count", counter(20 * size, 0)),
    one("http_request_duration_seconds_sum", counter(5 * size, 2)),
    one("up", () => 1),
  ];
}
