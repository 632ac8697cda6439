// A year of 100 series at a point a minute, for the query benchmark: written to Minuet and to its
// peers, and asked of each in the same words.

import { DAY, MINUTE } from "../../src/core/tiers.ts";
import type { Client } from "./client.ts";
import { FIELD, type Lines, MEASUREMENT, type Peer, type Question } from "./peers.ts";

export const METRIC = `${MEASUREMENT}_${FIELD}`;
export const HOSTS = Array.from({ length: 100 }, (_, i) => `host-${i}`);
/** Minutes of one request: 10,000 points. */
const MINUTES = 100;

/** Two decimals, another curve for each host. */
const valueAt = (host: number, at: number): number =>
  Math.round(5_000 + 4_000 * Math.sin(at / 1e7 + host) + 300 * Math.sin(at / 1e5)) / 100;

export interface Year {
  /** Unix ms, whole days. */
  readonly from: number;
  readonly to: number;
}

/** So many days until the last midnight. */
export function yearOf(days: number, now: number): Year {
  const to = Math.floor(now / DAY) * DAY;
  return { from: to - days * DAY, to };
}

/** The starts of the requests that write it. */
export const requests = ({ from, to }: Year): readonly number[] =>
  Array.from({ length: (to - from) / MINUTE / MINUTES }, (_, i) => from + i * MINUTES * MINUTE);

const minutes = (from: number): readonly number[] =>
  Array.from({ length: MINUTES }, (_, i) => from + i * MINUTE);

export const writeMinuet = (client: Client, from: number): Promise<void> =>
  client.post(
    HOSTS.map((host, i) => ({
      name: METRIC,
      labels: { host },
      datapoints: minutes(from).map((at) => [at, valueAt(i, at)]),
    })),
  );

export const writePeer = (peer: Peer, from: number): Promise<void> =>
  peer.write(
    HOSTS.flatMap((host, i) =>
      minutes(from).map((at) => `${MEASUREMENT},host=${host} ${FIELD}=${valueAt(i, at)} ${at}`),
    ).join("\n"),
  );

interface Answer {
  readonly series: readonly {
    readonly labels: { readonly host?: string };
    readonly t: readonly number[];
    readonly avg: readonly number[];
  }[];
}

const RESOLUTIONS = new Map([
  [MINUTE, "minute"],
  [60 * MINUTE, "hour"],
  [DAY, "day"],
]);

export async function askMinuet(
  client: Client,
  { hosts, from, to, stepMs }: Question,
): Promise<Lines> {
  const parameters = new URLSearchParams({
    metric: METRIC,
    from: String(from),
    to: String(to),
    resolution: RESOLUTIONS.get(stepMs)!,
    // As the others are asked.
    stat: "avg",
  });
  if (hosts === "each") parameters.set("by", "*");
  else if (hosts !== "averaged") {
    parameters.set("where", `host=${hosts.one}`);
    parameters.set("by", "host");
  }
  const answer = (await client.get(`/api/v1/query?${parameters}`)) as Answer;
  return new Map(
    answer.series.map(({ labels, t, avg }) => [
      labels.host ?? "",
      new Map(t.map((at, i) => [at, avg[i]!])),
    ]),
  );
}

/** How two answers differ, beyond what the order of a sum may do; undefined when they do not. */
export function differs(a: Lines, b: Lines): string | undefined {
  if (a.size !== b.size) return `${a.size} and ${b.size} lines`;
  for (const [host, line] of a) {
    const other = b.get(host);
    if (other === undefined) return `no line of ${host}`;
    if (line.size !== other.size) return `${host}: ${line.size} and ${other.size} values`;
    for (const [at, value] of line) {
      const there = other.get(at);
      if (there === undefined) return `${host}: nothing at ${new Date(at).toISOString()}`;
      if (Math.abs(value - there) > 1e-9 * Math.abs(value) + 1e-9)
        return `${host} at ${new Date(at).toISOString()}: ${value} and ${there}`;
    }
  }
  return undefined;
}
