// What in the status of a store somebody should look at, and the first thing to do about it. Each sign has
// a part in docs/runbook.md, where the rest stands. Pure.

import { answered, type Saturation, type Sign, SIGNS, type StatusAnswer, told } from "./api.ts";
import * as LIMITS from "./limits.ts";
import { HOUR } from "./tiers.ts";

/** Share of a limit from which on somebody should look. */
const NEARLY_FULL = 0.8;
/** Share of what a shard may keep for D1, and of what may wait for a commit. */
const HALF_FULL = 0.5;
/** A shard flushes once an hour, some minutes past it: what waits longer is late, ms. */
const LATE = 1.5 * HOUR;
/** An hour is rolled up ten minutes after its end. Late points take it back for a minute or two. */
const BEHIND = 3 * HOUR;
/** Pairs of an hour and 16 series; a round of the cron takes hundreds. */
const MANY_DIRTY = 20_000;
/** Strangers try tokens all the time: so many a day are somebody's agent. */
const MANY_REFUSED = 1_000;

const percent = (share: number): string => `${Math.floor(share * 100)} %`;
const hours = (ms: number): string => `${(ms / HOUR).toFixed(1)} h`;

/** Codes with their numbers, the largest first. */
const listed = (tally: readonly (readonly [string, number])[]): string =>
  tally
    .toSorted(([, a], [, b]) => b - a)
    .map(([why, many]) => `${many} ${why}`)
    .join(", ");

/** Ones that say that shards get more than they can take, and that Minuet has a bug. */
const OVERLOAD = ["too_many_requests", "busy"];
const BUGS = ["internal", "unreadable"];

type Status = Omit<StatusAnswer, "signs">;

/** The signs of a status, worst first. */
export function signsOf(status: Status): readonly Sign[] {
  const found = [...ofShards(status), ...ofDatabases(status), ...ofCounts(status)];
  return found.sort((a, b) => SIGNS.indexOf(a.sign) - SIGNS.indexOf(b.sign));
}

function ofShards({ shards }: Status): Sign[] {
  return shards.flatMap((one): Sign[] => {
    const of = `shard ${one.shard}`;
    if (!answered(one))
      return [
        {
          sign: "shard-silent",
          of,
          message: `It does not answer: ${one.error}. What it holds cannot be read, and points for it are refused with 503. Look at the platform's status and at the Worker's log`,
        },
      ];
    const { error, lagMs, saturation } = one;
    return [
      ...when(error !== undefined, {
        sign: "flush-failing",
        of,
        message: `D1 does not take its flushes: ${error}. Points are kept meanwhile; it tries again by itself`,
      }),
      ...when(saturation.backlog >= HALF_FULL, {
        sign: "backlog",
        of,
        message: `It keeps ${percent(saturation.backlog)} of what it may keep for D1; at 100 % it refuses points with 503. Mend D1 first, then POST /api/v1/flush`,
      }),
      ...when(lagMs > LATE, {
        sign: "lag",
        of,
        message: `Its oldest point has waited ${hours(lagMs)} for D1, where an hour is usual. Nothing is lost; see its error, and POST /api/v1/flush`,
      }),
      ...ofSeries(of, saturation),
      ...when(saturation.commit >= HALF_FULL, {
        sign: "overload",
        of,
        message: `${percent(saturation.commit)} of what may wait for a commit waits. Send more points in each request, or raise SHARDS`,
      }),
      ...when(saturation.sockets >= NEARLY_FULL, {
        sign: "sockets-full",
        of,
        message: `${percent(saturation.sockets)} of its live sockets are open; beyond, charts do not change by themselves. Raise SHARDS`,
      }),
    ];
  });
}

function ofSeries(of: string, { series, names }: Saturation): Sign[] {
  const full = Math.max(series, names);
  const what = series >= names ? "series" : "names and labels";
  return when(full >= NEARLY_FULL, {
    sign: "series-full",
    of,
    message: `It has ${percent(full)} of the ${what} that it may have; new series are refused at 100 %. Find the label that holds ids, or raise SHARDS`,
  });
}

/** What is to be done about a database that is nearly full: on the paid plan, and on the free one. */
const LARGER = "Add a database while there is room, or keep minutes for fewer days";
const SMALLER = "Keep minutes and hours for fewer days, remove metrics, or take the paid plan";

function ofDatabases({ databases, now }: Status): Sign[] {
  return databases.flatMap((one): Sign[] => {
    const of = one.name;
    if (!told(one))
      return [
        {
          sign: "database-silent",
          of,
          message: `It does not answer: ${one.error}. Shards keep their points meanwhile; queries that need it fail`,
        },
      ];
    const full = one.sizeBytes / one.limitBytes;
    return [
      ...when(full >= NEARLY_FULL, {
        sign: "database-full",
        of,
        message: `It is ${percent(full)} full. ${one.limitBytes === LIMITS.databaseBytesFree ? SMALLER : LARGER}`,
      }),
      ...when(now - one.rolledUpTo > BEHIND, {
        sign: "rollup-behind",
        of,
        message: `It is rolled up until ${new Date(one.rolledUpTo).toISOString()} alone. If that stays so for ten minutes, the cron does not run or fails: its log says why`,
      }),
      ...when((one.unreadableHours ?? 0) > 0, {
        sign: "unreadable",
        of,
        message: `${one.unreadableHours} hours of 16 series cannot be read. They are kept, and tried again each hour; all others are as ever`,
      }),
      ...when(one.dirtyHours > MANY_DIRTY, {
        sign: "dirty-hours",
        of,
        message: `${one.dirtyHours} hours of 16 series wait to be rolled up again: somebody has sent old points. Queries are right meanwhile, and slower`,
      }),
    ];
  });
}

/** What was refused today. */
function ofCounts({ today: { pointsRefused, requestsRefused } }: Status): Sign[] {
  const points = Object.entries(pointsRefused);
  const requests = Object.entries(requestsRefused);
  const overload = [...points, ...requests].filter(([why]) => OVERLOAD.includes(why));
  const bugs = requests.filter(([why]) => BUGS.includes(why));
  const others = points.filter(([why]) => !OVERLOAD.includes(why));
  const strangers = requests.filter(
    ([why, many]) => !OVERLOAD.includes(why) && !BUGS.includes(why) && many >= MANY_REFUSED,
  );
  return [
    ...when(overload.length > 0, {
      sign: "overload",
      message: `Refused today since a shard, or a token, had too much: ${listed(overload)}. Send more points in each request, or raise SHARDS`,
    }),
    ...when(bugs.length > 0, {
      sign: "bugs",
      message: `Requests that failed by a fault of Minuet today: ${listed(bugs)}. The Worker's log has the details`,
    }),
    ...when(others.length > 0, {
      sign: "points-refused",
      message: `Points that were not stored today: ${listed(others)}. Each answer named them; the sender's log has it`,
    }),
    ...when(strangers.length > 0, {
      sign: "requests-refused",
      message: `Requests that were refused today: ${listed(strangers)}. An agent is set up wrongly, or somebody tries tokens`,
    }),
  ];
}

const when = (is: boolean, sign: Sign): Sign[] => (is ? [sign] : []);
