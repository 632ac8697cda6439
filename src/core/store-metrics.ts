// The status of a store as metrics, in the text format of Prometheus (0.0.4): each family is a row of one
// list. Names follow Prometheus' conventions: base units, `_total` for counters. Pure.
// https://prometheus.io/docs/practices/naming/

import {
  answered,
  type DatabaseStatus,
  REJECTIONS,
  type ShardStatus,
  SIGNS,
  type StatusAnswer,
  told,
} from "./api.ts";

export const STORE_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

export interface Family {
  readonly name: `minuet_${string}`;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** `codes`: those of errors that requests are counted by. */
  readonly samples: (status: StatusAnswer, codes: readonly string[]) => readonly Sample[];
}

const shard =
  (value: (one: ShardStatus) => number | null) =>
  ({ shards }: StatusAnswer): readonly Sample[] =>
    shards.filter(answered).flatMap((one): readonly Sample[] => {
      const number = value(one);
      return number === null ? [] : [[{ shard: one.shard }, number]];
    });

const database =
  (value: (one: DatabaseStatus) => number) =>
  ({ databases }: StatusAnswer): readonly Sample[] =>
    databases.filter(told).map((one) => [{ database: one.name }, value(one)]);

/** Why points are refused: by themselves, or with what their shard cannot take. */
const POINT_REASONS = [...REJECTIONS, "busy", "too_many_requests", "unavailable"];

/** Each from the beginning, with 0: where one begins with its first value, `increase` does not know that it rose. */
const byReason = (
  reasons: readonly string[],
  tally: Readonly<Record<string, number>>,
): readonly Sample[] => {
  const none = Object.fromEntries(reasons.map((reason) => [reason, 0]));
  return Object.entries({ ...none, ...tally }).map(([reason, many]) => [{ reason }, many]);
};

const today =
  (of: "d1RowsWritten" | "d1RowsRead" | "shardRowsWritten" | "shardRequests" | "pointsAccepted") =>
  (status: StatusAnswer): readonly Sample[] => [[{}, status.today[of]]];

/** Counters begin anew at midnight UTC, as after a restart. */
export const STORE_METRICS: readonly Family[] = [
  {
    name: "minuet_build_info",
    type: "gauge",
    help: "Always 1; the version is a label.",
    samples: ({ version }) => [[{ version }, 1]],
  },
  {
    name: "minuet_shard_up",
    type: "gauge",
    help: "Whether the shard answers.",
    samples: ({ shards }) => shards.map((one) => [{ shard: one.shard }, answered(one) ? 1 : 0]),
  },
  {
    name: "minuet_shard_series",
    type: "gauge",
    help: "Active series that the shard holds.",
    samples: shard((one) => one.series),
  },
  {
    name: "minuet_shard_backlog_buckets",
    type: "gauge",
    help: "Minutes of series that D1 does not hold yet.",
    samples: shard((one) => one.unflushedBuckets),
  },
  {
    name: "minuet_shard_backlog_bytes",
    type: "gauge",
    help: "Bytes that D1 does not hold yet.",
    samples: shard((one) => one.unflushedBytes),
  },
  {
    name: "minuet_shard_lag_seconds",
    type: "gauge",
    help: "Age of the oldest point that D1 does not hold; an hour is usual.",
    samples: shard((one) => one.lagMs / 1_000),
  },
  {
    name: "minuet_shard_last_flush_timestamp_seconds",
    type: "gauge",
    help: "When a flush last reached D1; absent before the first.",
    samples: shard((one) => one.lastFlushAt && one.lastFlushAt / 1_000),
  },
  {
    name: "minuet_shard_flush_failing",
    type: "gauge",
    help: "Whether the last flush failed.",
    samples: shard((one) => (one.error === undefined ? 0 : 1)),
  },
  {
    name: "minuet_shard_saturation_ratio",
    type: "gauge",
    help: "Share of a limit of the shard that is used; at 1 it refuses.",
    samples: ({ shards }) =>
      shards
        .filter(answered)
        .flatMap((one) =>
          Object.entries(one.saturation).map(([resource, share]): Sample => [
            { shard: one.shard, resource },
            share,
          ]),
        ),
  },
  {
    name: "minuet_database_up",
    type: "gauge",
    help: "Whether the database answers.",
    samples: ({ databases }) => databases.map((one) => [{ database: one.name }, told(one) ? 1 : 0]),
  },
  {
    name: "minuet_database_size_bytes",
    type: "gauge",
    help: "Size of the database.",
    samples: database((one) => one.sizeBytes),
  },
  {
    name: "minuet_database_size_limit_bytes",
    type: "gauge",
    help: "What Cloudflare lets it grow to.",
    samples: ({ databases }) => databases.map((one) => [{ database: one.name }, one.limitBytes]),
  },
  {
    name: "minuet_database_saturation_ratio",
    type: "gauge",
    help: "Size by that limit.",
    samples: database((one) => one.sizeBytes / one.limitBytes),
  },
  {
    name: "minuet_database_rolled_up_until_timestamp_seconds",
    type: "gauge",
    help: "What the database holds of before is in hour buckets, but for what cannot be read.",
    samples: database((one) => one.rolledUpTo / 1_000),
  },
  {
    name: "minuet_database_dirty_packs",
    type: "gauge",
    help: "Hours of 16 series that are to be rolled up again.",
    samples: database((one) => one.dirtyHours),
  },
  {
    name: "minuet_database_unreadable_packs",
    type: "gauge",
    help: "Hours of 16 series that cannot be read.",
    samples: database((one) => one.unreadableHours ?? 0),
  },
  {
    name: "minuet_points_accepted_total",
    type: "counter",
    help: "Points that were acknowledged, those of repeated requests too.",
    samples: today("pointsAccepted"),
  },
  {
    name: "minuet_points_refused_total",
    type: "counter",
    help: "Points that were not stored, by the code of the reason.",
    samples: ({ today: { pointsRefused } }) => byReason(POINT_REASONS, pointsRefused),
  },
  {
    name: "minuet_requests_refused_total",
    type: "counter",
    help: "Requests that were answered with an error, by its code.",
    samples: ({ today: { requestsRefused } }, codes) => byReason(codes, requestsRefused),
  },
  {
    name: "minuet_d1_rows_written_total",
    type: "counter",
    help: "Rows written to all databases, as the platform counts them.",
    samples: today("d1RowsWritten"),
  },
  {
    name: "minuet_d1_rows_read_total",
    type: "counter",
    help: "Rows read of all databases, as the platform counts them.",
    samples: today("d1RowsRead"),
  },
  {
    name: "minuet_shard_rows_written_total",
    type: "counter",
    help: "Rows written to the shards' own storage.",
    samples: today("shardRowsWritten"),
  },
  {
    name: "minuet_shard_requests_total",
    type: "counter",
    help: "Calls, sockets and alarms of all shards.",
    samples: today("shardRequests"),
  },
  {
    name: "minuet_signs",
    type: "gauge",
    help: "How often the status has each sign of docs/runbook.md; 0 where all is well.",
    samples: ({ signs }) =>
      SIGNS.map((sign) => [{ sign }, signs.filter((one) => one.sign === sign).length]),
  },
];

/** A family without samples is left out. */
export const storeMetricsText = (status: StatusAnswer, codes: readonly string[]): string =>
  STORE_METRICS.flatMap(({ name, type, help, samples }) => {
    const lines = samples(status, codes).map(
      ([labels, value]) => `${name}${labelsText(labels)} ${value}`,
    );
    return lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
  })
    .map((line) => `${line}\n`)
    .join("");

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(String(value))}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
