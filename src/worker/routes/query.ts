// GET /api/v1/query: the buckets of one metric.

import { z } from "zod";
import * as LIMITS from "../../core/limits.ts";
import { rises } from "../../core/metric-type.ts";
import {
  type AnswerHead,
  jsonParts,
  type LazySeries,
  numbersOf,
} from "../../core/query/answer-text.ts";
import {
  ACROSS_NAMES,
  columnNames,
  csvParts,
  type Notes,
  notesOf,
  RAW_NAMES,
} from "../../core/query/csv.ts";
import { type MatcherParts, parseMatcher } from "../../core/query/filter.ts";
import { anyOf, compileMatchers, type Matcher } from "../../core/query/matcher.ts";
import { ACROSS, leadOfAcross } from "../../core/query/across.ts";
import { Increases, leadOf } from "../../core/query/increase.ts";
import { Merge } from "../../core/query/merge.ts";
import { plan } from "../../core/query/plan.ts";
import { shelfOf } from "../../core/query/shelf.ts";
import { METRIC_NAME, type Source } from "../../core/query/source.ts";
import { labelsJson, labelsObject } from "../../core/series/labels.ts";
import { PERCENTILE_NAMES, STAT_NAMES } from "../../core/stats.ts";
import { configOf, type Env } from "../env.ts";
import { mustSee } from "../http/auth.ts";
import { endpoint } from "../http/endpoint.ts";
import { Tag, tagged } from "../http/etag.ts";
import { Failed, fail } from "../http/failure.ts";
import { streamOf } from "../http/stream.ts";
import { metricName, time, whole } from "../http/fields.ts";
import { failureOf, orFail } from "../read/native.ts";
import { sourceOf } from "../read/source.ts";
import { asTyped, shown } from "../read/types.ts";
import { failUnknown } from "../read/unknown.ts";
import { inRoom } from "../in-room.ts";
import type { Share } from "../room.ts";
import { Turns } from "../turns.ts";
import { acrossAnswer, queryAnswer, rawAnswer } from "./query-answer.ts";
import { headersOf } from "./query-headers.ts";
import { tooLarge } from "./query-limits.ts";
import { combinedOf, groupsOf, orderOfBuckets, percentilesOf } from "./query-series.ts";
import { unreadableIn } from "./query-unreadable.ts";
import { readRaw } from "./query-raw.ts";

const parameters = z.object({
  metric: metricName,
  from: time("-1h", "Start of the range, inclusive"),
  to: time("now", "End of the range, exclusive"),
  resolution: z
    .enum(["raw", "minute", "hour", "day", "auto"])
    .default("auto")
    .meta({
      description: `Width of the buckets; auto is the finest that gives at most ${LIMITS.autoBuckets} of them. raw: the samples, where minutes keep them`,
    }),
  where: z
    .array(
      z.string().transform((text, ctx): MatcherParts => {
        const parts = parseMatcher(text);
        if (parts.ok) return parts.value;
        ctx.addIssue({ code: "custom", message: parts.error });
        return z.NEVER;
      }),
    )
    .max(LIMITS.matchersPerQuery)
    .default([])
    .meta({
      description:
        'Only series that match: host=a, host!=a, host=~web.*, host!~web.* (anchored RE2). Names that hold = or !, and values that start with =, ~, a quote or a space, are written in double quotes, in which \\", \\\\ and \\n are escapes: dir="~alice"',
    }),
  by: z.array(z.string().min(1)).max(LIMITS.labelsPerPoint).default([]).meta({
    description: "A label to split by; * for each series apart; none: all merged into one",
  }),
  across: z
    .enum(["points", ...ACROSS])
    .default("points")
    .meta({
      description:
        "How the series of a group are one. points: all their points are merged. sum, avg, min, max: of the series' averages in each bucket, as avg, and series says of how many; one that has no point there counts with its latest average, for at most 5 minutes or 2.5 times the median of its own steps, whichever is longer; also one of which a sender said that it ended, which resolution=raw tells",
    }),
  stat: z
    .array(z.enum(PERCENTILE_NAMES))
    .max(PERCENTILE_NAMES.length)
    .default([])
    .transform((names) => PERCENTILE_NAMES.filter((name) => names.includes(name)))
    .meta({
      description:
        "Percentiles, besides the columns that every answer has: of all samples of the group in each bucket, by linear interpolation between the two nearest. Made of the samples that minutes keep; where these are not all there, null, and absent says why. They cost the reading of the range's minutes at every resolution",
    }),
  limit: whole(100, LIMITS.seriesPerQuery).meta({ description: "Series in the answer" }),
  order: z
    .enum([...STAT_NAMES, "increase", "rate", ...PERCENTILE_NAMES])
    .optional()
    .meta({
      description:
        "The series with the largest of this statistic over the range (increase and rate of counters alone; a percentile, which is then in the answer as well, is of the buckets that have it) come first, and are those that limit keeps; without it limit keeps those with the largest count, and they come by labels",
    }),
  rest: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .meta({
      description:
        "With order, where limit cuts series: the last place goes to the one that reaches highest in any bucket, unless it is among the others anyway, and `rest` says what all that are cut lie between in each bucket: their smallest and largest value where order is a statistic between the two, else what order says. Not by percentiles",
    }),
  format: z.enum(["json", "csv"]).default("json").meta({
    description:
      "csv: one row a bucket; when series are cut, or a part could not be read, the header Minuet-Truncated or Minuet-Unreadable and a last line with # say so",
  }),
  csv: z.enum(["plain", "excel"]).default("plain").meta({
    description: "excel: texts that a spreadsheet would run as formulas get an apostrophe",
  }),
});

export const query = endpoint({
  methods: ["GET"],
  path: "/api/v1/query",
  scope: "read",
  summary: "The buckets of one metric",
  description: "Times out are starts of buckets, Unix ms. Only buckets with points appear.",
  parameters,
  answer: z.union([queryAnswer, acrossAnswer, rawAnswer]),
  alsoAs: ["text/csv"],
  cached: true,
  byLink: true,
  errors: ["unknown_metric", "query_too_large", "unreadable", "unavailable", "too_many_requests"],
  async handle(asked, c) {
    const { caller } = c.var;
    mustSee(caller, asked.metric, asked);
    const byLink = caller.link !== undefined;
    const prefix = byLink ? asked.metric : caller.prefix;
    return await inRoom((share) =>
      responseOf(c.req.raw, { env: c.env, prefix, byLink, share }, asked),
    );
  },
});

async function responseOf(
  request: Request,
  seen: Seen,
  asked: z.output<typeof parameters>,
): Promise<Response> {
  const { head, series } = await asTyped(asked.metric, (isCounter) =>
    answerOf(seen, asked, Date.now(), isCounter),
  );
  const notes = notesOf(head, series.length, head.keptFrom);
  const csv = asked.format === "csv";
  const tag = new Tag();
  const turns = new Turns();
  await tag.text(JSON.stringify([asked.format, csv && asked.csv, head]));
  for (const one of series) {
    await tag.text(labelsJson(one.labels));
    for (const numbers of numbersOf(one)) {
      await tag.bytes(new Uint8Array(numbers.buffer));
      if (turns.isOver(numbers.length / 8)) await turns.next();
    }
  }
  turns.rest();
  return tagged(
    request,
    await tag.done(),
    csv ? "text/csv; charset=utf-8; header=present" : "application/json",
    csv ? headersOf(notes) : {},
    () =>
      streamOf(seen.share.until(csv ? csvOf(series, head, notes, asked) : jsonParts(head, series))),
  );
}

const csvOf = (
  series: readonly LazySeries[],
  { type, across, resolution }: AnswerHead,
  notes: Notes,
  { csv: dialect, ...asked }: z.output<typeof parameters>,
): Generator<string> =>
  csvParts(
    series.map(({ labels, columns }) => ({ labels: labelsObject(labels), columns })),
    notes,
    dialect,
    resolution === "raw"
      ? RAW_NAMES
      : across === undefined
        ? columnNames(rises(type), percentilesOf(asked))
        : ACROSS_NAMES,
  );

/** An answer whose series are written as they are sent. */
interface Answer {
  readonly head: AnswerHead;
  readonly series: readonly LazySeries[];
}

/** The store as who asks sees it: as if there were only metrics that begin with `prefix`. */
interface Seen {
  readonly env: Env;
  readonly prefix: string;
  /** Other names are not told. */
  readonly byLink: boolean;
  /** Where what is gathered is counted. */
  readonly share: Share;
}

/** `isCounter`: what the metric is taken for; when the answer says another, it is worth nothing. */
async function answerOf(
  seen: Seen,
  asked: z.output<typeof parameters>,
  now: number,
  isCounter: boolean,
): Promise<Answer> {
  const { env, prefix, share } = seen;
  const { metric, from, to } = asked;
  // It may be asked for twice.
  share.clear();
  const issue =
    from >= to
      ? "from must be before to"
      : to - from > LIMITS.rangeMs
        ? "the range is over 50 years, the limit"
        : undefined;
  const order = orderOfBuckets(asked.order);
  if (asked.across !== "points" && (asked.stat.length > 0 || order !== asked.order))
    fail({
      kind: "invalid_parameter",
      message: "percentiles are of the points of a group: leave out across, or ask for none",
      issues: [{ path: "across", message: "there are no percentiles with it" }],
    });
  if (issue !== undefined)
    fail({
      kind: "invalid_parameter",
      message: `${issue}: from is ${new Date(from).toISOString()}, to ${new Date(to).toISOString()}`,
      issues: [{ path: "from", message: issue }],
    });
  if (asked.resolution === "raw") return await rawOf(seen, asked, now);
  const { retention, samplesPerMinute } = configOf(env);
  const planned = plan({ from, to }, asked.resolution, now, retention);
  const source = sourceOf(env, prefix, now, { share });
  const held = share.part();
  const named = anyOf(METRIC_NAME, [metric]);
  const by = asked.by.includes("*") ? "*" : asked.by;
  const across = asked.across === "points" ? undefined : asked.across;
  const byRise = asked.order === "increase" || asked.order === "rate" ? asked.order : undefined;
  // What is read before the range, and is no part of the answer.
  const lead = across !== undefined ? leadOfAcross(planned) : isCounter ? leadOf(planned) : 0;
  const before = plan({ from: planned.from - lead, to }, planned.tier, now, retention);
  const merge =
    across === undefined
      ? new Merge(planned, by, shelfOf(planned))
      : new Merge(before, "*", shelfOf(before));
  const increases =
    isCounter && (across === undefined || byRise !== undefined)
      ? new Increases(
          planned,
          (labels, at, amount) => merge.raise(labels, at, amount),
          (labels, at) => merge.begin(labels, at),
        )
      : undefined;
  // What rises, or is counted, is so of each series.
  const mayBeMerged =
    across === undefined && increases === undefined && percentilesOf(asked).length === 0;
  const selection = {
    ...before,
    matchers: [named, ...matchersOf(asked.where)],
    ...(by !== "*" && mayBeMerged && { by }),
  };
  const {
    known,
    keptFrom,
    unreadable: parts,
    description,
  } = orFail(
    await source.select(selection, ({ labels }, buckets, first, end) => {
      merge.add(labels, buckets, first, end);
      increases?.add(labels, buckets, first, end);
      held(merge.bytes + (increases?.bytes ?? 0));
      return tooLarge(merge, before, across === undefined);
    }),
  );
  if (!known) await failIfUnknown(seen, source, asked);
  const { type, unit } = shown(metric, description);
  if (byRise !== undefined && !rises(type)) failOrder(metric, byRise);
  if (increases !== undefined) {
    await new Turns().run(increases.finishInParts());
    held(merge.bytes + increases.bytes);
  }
  const { series, total, rest, absent, lost } =
    across === undefined
      ? await groupsOf(source, merge, {
          ...asked,
          isCounter,
          planned,
          matchers: selection.matchers,
          by,
          now,
          retention,
          samplesPerMinute,
          share,
        })
      : await combinedOf(merge, planned, { ...asked, across, by, order });
  const partialFrom = Math.floor(now / planned.step) * planned.step;
  const head: AnswerHead = {
    metric,
    ...(across !== undefined && { across }),
    ...(type !== undefined && { type }),
    ...(unit !== undefined && { unit }),
    resolution: planned.tier,
    step: planned.step,
    from: planned.from,
    to: planned.to,
    ...(planned.to > partialFrom && { partialFrom: Math.max(partialFrom, planned.from) }),
    ...(total > series.length && { truncated: true, seriesTotal: total }),
    ...(rest !== undefined && { rest }),
    keptFrom,
    ...unreadableIn([...parts.filter((part) => part.to > planned.from), ...lost], seen.byLink),
    ...(absent.length > 0 && { absent }),
  };
  return { head, series };
}

async function rawOf(seen: Seen, asked: z.output<typeof parameters>, now: number): Promise<Answer> {
  const { env, prefix, share } = seen;
  const { metric, from, to, limit } = asked;
  if (asked.across !== "points" || asked.order !== undefined || asked.stat.length > 0)
    fail({
      kind: "invalid_parameter",
      message:
        "samples are not combined, ordered or counted: leave out across, order and stat, or ask for resolution=minute",
      issues: [{ path: "resolution", message: "raw has neither across nor order nor stat" }],
    });
  const source = sourceOf(env, prefix, now, { share });
  const matchers = [anyOf(METRIC_NAME, [metric]), ...matchersOf(asked.where)];
  const by = asked.by.includes("*") ? "*" : asked.by;
  const { known, description, unreadable, head, series } = await readRaw(source, {
    matchers,
    from,
    to,
    by,
    limit,
    samplesPerMinute: configOf(env).samplesPerMinute,
    share,
  });
  if (!known) await failIfUnknown(seen, source, asked);
  const { type, unit } = shown(metric, description);
  return {
    series,
    head: {
      metric,
      ...(type !== undefined && { type }),
      ...(unit !== undefined && { unit }),
      resolution: "raw",
      step: 0,
      from,
      to,
      ...(to > now && { partialFrom: Math.max(now, from) }),
      ...head,
      ...unreadableIn(unreadable, seen.byLink),
    },
  };
}

/** No series was found: whether there is any of the metric. @throws Failed */
async function failIfUnknown(
  { env, prefix, byLink }: Seen,
  source: Source,
  { metric, where }: z.output<typeof parameters>,
): Promise<void> {
  // With `where`, only series that match were looked for.
  const ever = { matchers: [anyOf(METRIC_NAME, [metric])], from: -Infinity, to: Infinity };
  const any = where.length > 0 ? orFail(await source.series(ever, 1)).series : [];
  if (any.length > 0) return;
  if (byLink)
    fail({ kind: "unknown_metric", message: `no metric "${metric}" any more`, nearest: [] });
  await failUnknown(env, prefix, metric);
}

const failOrder = (metric: string, order: string): never =>
  fail({
    kind: "invalid_parameter",
    message: `order=${order} is for counters, and ${metric} is not known to be one: nobody says that it is, and its name does not end in _total, _count, .count or _bucket`,
    issues: [{ path: "order", message: `${order} is for counters` }],
  });

/** @throws Failed */
function matchersOf(where: readonly MatcherParts[]): readonly Matcher[] {
  const matchers = compileMatchers(where);
  if (matchers.ok) return matchers.value;
  const { error } = matchers;
  if (error.kind === "too_large") throw new Failed(failureOf(error));
  return fail({
    kind: "invalid_parameter",
    message: `where: ${error.message}`,
    issues: [{ path: "where", message: error.message }],
  });
}
