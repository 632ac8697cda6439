// What a month costs: a bill from counts and the price sheet, and a month estimated from the counts
// of today. Pure: the counts and the time are passed in. Static assets are free, so no line is theirs.

import type { StatusAnswer } from "./api.ts";
import prices from "./prices.json" with { type: "json" };
import { DAY, dayOf, HOUR, MINUTE } from "./tiers.ts";

/** What Cloudflare counts: its key in the price sheet, what people call it, and its unit. */
const ITEMS = [
  ["workerRequests", "Worker requests", ""],
  ["workerCpuMs", "Worker CPU", "ms"],
  ["doRequests", "Durable Object requests", ""],
  ["doGbSeconds", "Durable Object duration", "GB-s"],
  ["doRowsWritten", "Durable Object rows written", ""],
  ["doRowsRead", "Durable Object rows read", ""],
  ["doStorageGb", "Durable Object storage", "GB"],
  ["d1RowsWritten", "D1 rows written", ""],
  ["d1RowsRead", "D1 rows read", ""],
  ["d1StorageGb", "D1 storage", "GB"],
  ["workerLogs", "Log lines", ""],
] as const;

export type Item = (typeof ITEMS)[number][0];

/** An item in words; `unit` is empty for what is just counted. */
export interface Named {
  readonly item: Item;
  readonly name: string;
  readonly unit: string;
}
const NAMED: readonly Named[] = ITEMS.map(([item, name, unit]) => ({ item, name, unit }));

/** How much of each is used; what is not known is left out, and so is its line. */
export type Usage = Readonly<Partial<Record<Item, number>>>;

interface Price {
  readonly included: number;
  readonly perMillion?: number;
  readonly perGbMonth?: number;
  readonly roundedUpToWholeMillions?: boolean;
}

const paid: Readonly<Record<Item, Price>> & { readonly basePerMonth: number } =
  prices.cloudflarePaid;
const free: Usage = prices.cloudflareFreePerDay;

/** Month of the price sheet, "2026-11". */
export const PRICES_AS_OF = prices.asOf;

export interface BillLine extends Named {
  readonly used: number;
  /** What the plan's base price covers. */
  readonly included: number;
  /** Dollars for `per` of the item. */
  readonly price: number;
  readonly per: number;
  /** Dollars if nothing were included. */
  readonly list: number;
  /** Dollars above the plan's base price. */
  readonly above: number;
}

export interface Bill {
  readonly lines: readonly BillLine[];
  /** Dollars: the lines' list costs together. */
  readonly list: number;
  /** Dollars of the plan. */
  readonly base: number;
  /** Dollars to pay: the plan and all that is above it. */
  readonly total: number;
}

/** The bill of a month on the paid plan, which all Workers of an account share. */
export function billOf(usage: Usage): Bill {
  const lines = NAMED.flatMap((named) => {
    const used = usage[named.item];
    return used === undefined ? [] : [lineOf(named, used)];
  });
  const base = paid.basePerMonth;
  return {
    lines,
    list: lines.reduce((sum, { list }) => sum + list, 0),
    base,
    total: lines.reduce((sum, { above }) => sum + above, base),
  };
}

function lineOf(named: Named, used: number): BillLine {
  const { included, perMillion, perGbMonth, roundedUpToWholeMillions } = paid[named.item];
  const [price, per] = perMillion === undefined ? [perGbMonth ?? 0, 1] : [perMillion, 1e6];
  const over = Math.max(0, used - included) / per;
  return {
    ...named,
    used,
    included,
    price,
    per,
    list: (used / per) * price,
    above: (roundedUpToWholeMillions === true ? Math.ceil(over) : over) * price,
  };
}

/** Days of the month that is estimated. */
export const DAYS_A_MONTH = 30.4;
/** Of less than this there is no pace to speak of, ms. */
const EARLIEST = HOUR;

/**
 * Estimated from above. Worker requests are not counted by the store: each request to a shard was
 * made by one, or by the cron, which runs each minute. Duration is that of shards that never sleep.
 */
export const AT_MOST: readonly Item[] = ["workerRequests", "doGbSeconds"];

/** One of the free plan's daily allowances. */
export interface Allowance extends Named {
  /** Today, in UTC. */
  readonly soFar: number;
  /** The whole day at this pace; undefined while it is too early to say. */
  readonly day: number | undefined;
  readonly allowed: number;
  /** `day / allowed`: over 1, the free plan does not do. */
  readonly share: number | undefined;
}

export interface Month {
  readonly allowances: readonly Allowance[];
  /** Undefined during the first hour that is counted: too early to say. */
  readonly usage: Usage | undefined;
  /** What was counted today was so since then, Unix ms: midnight UTC, or the first use after it. */
  readonly since: number;
  /** Unix ms from which there is an estimate today. */
  readonly from: number;
}

export interface Store {
  /** How many shards there are. */
  readonly shards: number;
  /** Size of all databases now, kept for the month; undefined when it is not known. */
  readonly d1Bytes: number | undefined;
}

/** What of the counts is billed. */
type Today = Pick<
  StatusAnswer["today"],
  "since" | "d1RowsWritten" | "d1RowsRead" | "shardRowsWritten" | "shardRequests"
>;

/** From the counts of today, in UTC, to a day and a month at the same pace. `now` is Unix ms. */
export function monthOf(today: Today, now: number, store: Store): Month {
  const since = Math.min(now, Math.max(dayOf(now) * DAY, today.since));
  const elapsed = now - since;
  const soFar = usedIn(today, elapsed, store.shards);
  const day = elapsed < EARLIEST ? undefined : times(soFar, DAY / elapsed);
  return {
    allowances: NAMED.flatMap((named) => {
      const { item } = named;
      const [used, whole, allowed] = [soFar[item], day?.[item], free[item]];
      if (used === undefined || allowed === undefined) return [];
      const share = whole === undefined ? undefined : whole / allowed;
      return [{ ...named, soFar: used, day: whole, allowed, share }];
    }),
    usage: day && {
      ...times(day, DAYS_A_MONTH),
      ...(store.d1Bytes !== undefined && { d1StorageGb: store.d1Bytes / 1e9 }),
    },
    since,
    from: since + EARLIEST,
  };
}

const times = (usage: Usage, factor: number): Usage =>
  Object.fromEntries(Object.entries(usage).map(([item, used]) => [item, used * factor]));

/** What was used in `elapsed` ms. A shard that nobody called sleeps. */
function usedIn(today: Today, elapsed: number, shards: number): Usage {
  const awake = today.shardRequests === 0 ? 0 : shards * (elapsed / 1_000);
  return {
    workerRequests: today.shardRequests + Math.ceil(elapsed / MINUTE),
    doRequests: today.shardRequests,
    doGbSeconds: awake * prices.cloudflarePaid.doGbSeconds.gbPerObject,
    doRowsWritten: today.shardRowsWritten,
    d1RowsWritten: today.d1RowsWritten,
    d1RowsRead: today.d1RowsRead,
  };
}
