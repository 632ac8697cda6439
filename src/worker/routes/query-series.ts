// The series of an answer of GET /api/v1/query, of the buckets that were read: ordered, cut, and with what is
// asked for besides.

import type { Absent, CounterColumns, RestColumns } from "../../core/api.ts";
import { type Across, type Combined, combined } from "../../core/query/across.ts";
import { rises } from "../../core/metric-type.ts";
import { type AnswerHead, keeping, lazily, type LazySeries } from "../../core/query/answer-text.ts";
import { ACROSS_NAMES, type ColumnName, columnNames, RAW_NAMES } from "../../core/query/csv.ts";
import type { GroupBy, Merge, Order } from "../../core/query/merge.ts";
import type { Plan } from "../../core/query/plan.ts";
import type { Unreadable } from "../../core/query/read-error.ts";
import {
  type Outline,
  outlineAcross,
  outlineOf,
  peakOf,
  Rest,
  withHighest,
} from "../../core/query/rest.ts";
import type { Source } from "../../core/query/source.ts";
import type { Labels } from "../../core/series/labels.ts";
import { isPercentile, PERCENTILE_NAMES, type PercentileName } from "../../core/stats.ts";
import { Turns } from "../turns.ts";
import { type AskedOfSamples, readPercentiles } from "./query-percentiles.ts";

interface AskedOfStats {
  readonly stat: readonly (Order | PercentileName)[];
  readonly order?: Order | PercentileName | undefined;
  /** What is cut is told as what it lies between. */
  readonly rest: boolean;
}

export interface Shown {
  readonly series: readonly LazySeries[];
  /** Of how many. */
  readonly total: number;
  readonly rest?: RestColumns | undefined;
  readonly absent: readonly Absent[];
  /** What could not be read for percentiles. */
  readonly lost: readonly Unreadable[];
}

/** What buckets alone can be ordered by. */
export const orderOfBuckets = (order: AskedOfStats["order"]): Order | undefined =>
  isPercentile(order) ? undefined : order;

/** The percentiles of an answer. */
export const percentilesOf = ({ stat, order }: AskedOfStats): readonly PercentileName[] =>
  PERCENTILE_NAMES.filter((name) => stat.includes(name) || name === order);

/** What is of counters alone. */
export const isRise = (name: Order | PercentileName | undefined): name is keyof CounterColumns =>
  name === "increase" || name === "rate";

/** The columns of an answer besides t, in their order. */
export function shownColumns(
  { resolution, across, type }: Pick<AnswerHead, "resolution" | "across" | "type">,
  asked: AskedOfStats,
): readonly ColumnName[] {
  if (resolution === "raw") return RAW_NAMES;
  if (across !== undefined) return ACROSS_NAMES;
  const all = columnNames(rises(type), percentilesOf(asked));
  const wanted = wantedOf(asked);
  return wanted === undefined ? all : all.filter((name) => wanted.has(name) || isPercentile(name));
}

/** The columns that are asked for; undefined: all, since percentiles alone come besides all others. */
const wantedOf = ({ stat }: AskedOfStats): ReadonlySet<string> | undefined =>
  stat.every(isPercentile) ? undefined : new Set(stat);

interface AskedOfGroups
  extends AskedOfStats, Omit<AskedOfSamples, "names" | "order" | "count" | "groups"> {
  readonly limit: number;
  readonly isCounter: boolean;
}

/** All points of a group merged. @throws Failed */
export async function groupsOf(source: Source, merge: Merge, asked: AskedOfGroups): Promise<Shown> {
  const { limit, isCounter, planned } = asked;
  const order = isPercentile(asked.order) ? asked.order : undefined;
  const byBuckets = orderOfBuckets(asked.order);
  const withRest = asked.rest && byBuckets !== undefined;
  const { groups: all, total } = await new Turns().run(
    merge.rankedInParts(order === undefined && !withRest ? limit : Infinity, byBuckets),
  );
  const { shown: groups, rest } =
    withRest && all.length > limit
      ? await cut(all, asked, (group) => outlineOf(group, byBuckets, planned.step))
      : { shown: all };
  const names = percentilesOf(asked);
  const how = { isCounter, step: planned.step, stats: wantedOf(asked) };
  if (names.length === 0)
    return { series: lazily(groups, merge.size, how), total, rest, absent: [], lost: [] };
  const found = await readPercentiles(source, {
    ...asked,
    names,
    order,
    count: merge.series,
    groups,
  });
  const ranks = new Map(
    order === undefined ? [] : groups.map((group) => [group, found.rank(group.labels)]),
  );
  const first = groups
    .toSorted((a, b) => (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0) || 0)
    .slice(0, limit);
  const more = (labels: Labels) => found.columns(labels);
  return {
    series: lazily(first, merge.size, { ...how, more }),
    total,
    rest,
    absent: found.absent(first),
    lost: found.unreadable,
  };
}

/** The first, with the one that reaches highest, and what lies behind them. */
async function cut<T>(
  ranked: readonly T[],
  { limit, planned }: Pick<AskedOfGroups, "limit" | "planned">,
  outline: (one: T) => Outline,
): Promise<{ readonly shown: readonly T[]; readonly rest: RestColumns | undefined }> {
  const turns = new Turns();
  const rows = (planned.to - planned.from) / planned.step;
  const rest = new Rest();
  const peaks: number[] = [];
  for (const one of ranked) {
    peaks.push(peakOf(outline(one)));
    if (turns.isOver(rows)) await turns.next();
  }
  const { shown, others } = withHighest(ranked, limit, peaks);
  for (const one of others) {
    rest.add(outline(one));
    if (turns.isOver(rows)) await turns.next();
  }
  turns.rest();
  return { shown, rest: rest.columns() };
}

/** Groups of more rows than this have their columns made in turns. */
const LARGE = 24_576;
/** Rows of columns that are kept until they are written: some 6 MB. Those of more are made then, at once. */
const KEPT_ROWS = 262_144;

async function withColumns(groups: readonly Combined[], turns: Turns): Promise<Combined[]> {
  const all: Combined[] = [];
  let kept = 0;
  for (const group of groups) {
    if (group.size <= LARGE || kept > KEPT_ROWS) {
      all.push(group);
      continue;
    }
    const columns = await turns.run(group.columnsInParts());
    kept += columns.t.length;
    all.push({ ...group, columns: () => columns });
  }
  return all;
}

interface AskedAcross extends Pick<AskedOfStats, "rest"> {
  readonly across: Across;
  readonly by: GroupBy;
  readonly limit: number;
  readonly order: Order | undefined;
}

/** One value of the series of a group. */
export async function combinedOf(merge: Merge, planned: Plan, asked: AskedAcross): Promise<Shown> {
  const { limit, order, rest: withRest } = asked;
  const isCut = withRest && order !== undefined;
  const alone = merge.ranked(Infinity).groups;
  const turns = new Turns();
  const { groups, total } = await turns.run(
    combined(alone, planned, { ...asked, limit: isCut ? Infinity : limit }),
  );
  const all = await withColumns(groups, turns);
  const { shown, rest } =
    isCut && total > limit ? await cut(all, { limit, planned }, outlineAcross) : { shown: all };
  return { series: keeping(shown, merge.size), total, rest, absent: [], lost: [] };
}
