// A month of any number of series, and what of the free plan carries how many, from what was measured of
// a thousand. Pure.

import { type Bill, billOf, type Usage } from "../../src/core/bill.ts";
import { SERIES_PER_PACK } from "../../src/core/codec/pack.ts";
import * as LIMITS from "../../src/core/limits.ts";
import core from "../../src/core/prices.json" with { type: "json" };
import { shareOfRound } from "../../src/core/rollup.ts";
import prices from "../prices.json" with { type: "json" };

/** Points of a series an hour: four a minute. */
const POINTS_AN_HOUR = 240;
const HOURS = 730;
/** Days that are kept, by default. */
const MINUTE_DAYS = 15;
const HOUR_DAYS = 400;
/** A share of a database that stays free: its shards are not exactly alike. */
const ROOM = 0.1;

export interface Measured {
  /** Of D1, written in all a series-hour: flush, roll-up, marks, deletion. */
  readonly d1RowsASeriesHour: number;
  readonly d1RowsReadASeriesHour: number;
  /** Written by a shard an hour, besides the one of each request. */
  readonly doRowsAnHour: number;
  /** Of a shard, besides requests, an hour: alarms and calls of the cron. */
  readonly callsAnHour: number;
  /** How long a shard is awake for 1,000 points, and for all else of 1,000 series an hour, ms. */
  readonly awakeMs: { readonly points: number; readonly anHour: number };
  /** Queries that a run of the cron asks of D1, at most. */
  readonly queriesARun: number;
  /** Commits of a shard a request, by agents that each send to it every 15 s: each is a row. */
  readonly commitsARequest: ReadonlyMap<number, number>;
  /** Of the Worker, by points a request, ms. */
  readonly workerCpuMs: ReadonlyMap<number, number>;
  /** Of the cron, a series-hour rolled up, ms. */
  readonly rollUpCpuMs: number;
  /** As stored: minutes of an hour, hours of a day, days of a year. */
  readonly bytes: { readonly minute: number; readonly hour: number; readonly day: number };
}

/** What a series takes in D1 when all is kept that is to be kept, and a year of days. */
export const bytesASeries = ({ bytes }: Measured): number =>
  MINUTE_DAYS * 24 * bytes.minute + HOUR_DAYS * bytes.hour + bytes.day;

export interface Month {
  readonly series: number;
  /** Points a request. */
  readonly batch: number;
  readonly shards: number;
  readonly databases: number;
  readonly gigabytes: number;
  readonly bill: Bill;
  /** If no shard ever slept, say for open sockets that never rest. */
  readonly sleepless: Bill;
}

/** Agents of so many series each, in all. */
export const agentsOf = (series: number, batch: number): number =>
  Math.max(1, Math.round(series / batch));

/**
 * Every request has series of all metrics, and so touches each shard. An agent sends all its series every
 * 15 s in one request, from an address of its own.
 */
export function monthOf(series: number, batch: number, measured: Measured): Month {
  const gigabytes = (series * bytesASeries(measured)) / 1e9;
  const databases = Math.ceil(gigabytes / ((LIMITS.databaseBytes / 1e9) * (1 - ROOM)));
  const shards = Math.max(databases, Math.ceil(series / LIMITS.seriesPerShard));
  const requests = ((series * POINTS_AN_HOUR) / batch) * HOURS;
  const crons = 60 * HOURS;
  const cpu = measured.workerCpuMs.get(batch);
  if (cpu === undefined) throw new Error(`requests of ${batch} points were not measured`);
  const commits = measured.commitsARequest.get(agentsOf(series, batch));
  if (commits === undefined) throw new Error(`${series / batch} agents were not measured`);
  const { awakeMs } = measured;
  // Each shard is awake for the whole of a request, though it has only its part.
  const awake = ((series / 1_000) * (POINTS_AN_HOUR * awakeMs.points + awakeMs.anHour)) / 3_600_000;
  const never = 3_600 * HOURS * core.cloudflarePaid.doGbSeconds.gbPerObject;
  const usage: Usage = {
    workerRequests: requests + crons,
    workerCpuMs: requests * cpu + series * HOURS * measured.rollUpCpuMs,
    doRequests: (requests + measured.callsAnHour * HOURS) * shards,
    doGbSeconds: Math.min(1, awake) * never * shards,
    doRowsWritten: (requests * commits + measured.doRowsAnHour * HOURS) * shards,
    d1RowsWritten: series * HOURS * measured.d1RowsASeriesHour,
    d1RowsRead: series * HOURS * measured.d1RowsReadASeriesHour,
    d1StorageGb: gigabytes,
  };
  const sleepless = billOf({ ...usage, doGbSeconds: never * shards });
  return { series, batch, shards, databases, gigabytes, bill: billOf(usage), sleepless };
}

/** How many series each limit of the free plan carries, in one shard and requests of `batch` points. */
export function freePlan(
  batch: number,
  measured: Measured,
): readonly (readonly [string, number])[] {
  const { cloudflareFreePerDay: day } = core;
  const { cloudflareFree: free } = prices;
  const requestsADay = (POINTS_AN_HOUR * 24) / batch;
  const calls = measured.callsAnHour * 24;
  const cpu = measured.workerCpuMs.get(batch) ?? Number.NaN;
  return [
    ["Worker requests", (day.workerRequests - 24 * 60) / requestsADay],
    ["Durable Object requests", (day.doRequests - calls) / requestsADay],
    [
      "Durable Object duration, of shards that never sleep",
      Math.floor(day.doGbSeconds / (86_400 * core.cloudflarePaid.doGbSeconds.gbPerObject)) *
        LIMITS.seriesPerShard,
    ],
    [
      "Durable Object rows written",
      (day.doRowsWritten - 24 * measured.doRowsAnHour) / requestsADay,
    ],
    ["D1 rows written", day.d1RowsWritten / (24 * measured.d1RowsASeriesHour)],
    ["D1 rows read, without queries", day.d1RowsRead / (24 * measured.d1RowsReadASeriesHour)],
    ["D1 storage, one database", (free.d1DatabaseGb * 1e9) / bytesASeries(measured)],
    ["D1 storage, all databases", (free.d1StorageGb * 1e9) / bytesASeries(measured)],
    [
      `CPU of a request (${cpu.toFixed(1)} ms of ${free.cpuMsPerInvocation})`,
      cpu <= free.cpuMsPerInvocation ? Infinity : 0,
    ],
    [
      `D1 queries of a run of the cron (${measured.queriesARun} of ${free.d1QueriesPerInvocation})`,
      measured.queriesARun <= free.d1QueriesPerInvocation ? Infinity : 0,
    ],
    [
      `CPU of the cron, an hour in ${RUNS_AN_HOUR} runs that are cut off`,
      RUNS_AN_HOUR * seriesARun(free.cpuMsPerInvocation, measured),
    ],
  ];
}

/** Runs of the cron that have nothing else to do but the roll-up of closed hours. */
const RUNS_AN_HOUR = 50;

/** Series of which a run of the cron rolls an hour up before it is cut off: whole rounds count. */
function seriesARun(cpuMs: number, { rollUpCpuMs, bytes }: Measured): number {
  let series = 0;
  for (let round = 0; ; round++) {
    const share = shareOfRound(round);
    const packBytes = SERIES_PER_PACK * (bytes.minute + bytes.hour);
    const fit = Math.max(1, Math.floor((LIMITS.rollupBytes * share) / packBytes));
    const more = SERIES_PER_PACK * Math.min(fit, Math.ceil(LIMITS.pairsPerRollup * share));
    if ((series + more) * rollUpCpuMs > cpuMs) return series;
    series += more;
  }
}
