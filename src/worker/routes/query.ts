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
import { type ColumnName, csvParts, type Notes, notesOf } from "../../core/query/csv.ts";
import type { MatcherParts } from "../../core/query/filter.ts";
import { anyOf, compileMatchers, type Matcher } from "../../core/query/matcher.ts";
import { leadOfAcross } from "../../core/query/across.ts";
import { Increases, leadOf } from "../../core/query/increase.ts";
import { Merge } from "../../core/query/merge.ts";
import { plan } from "../../core/query/plan.ts";
import { shelfOf } from "../../core/query/shelf.ts";
import { METRIC_NAME, type Source } from "../../core/query/source.ts";
import { labelsJson, labelsObject } from "../../core/series/labels.ts";
import { configOf, type Env } from "../env.ts";
import { mustSee } from "../http/auth.ts";
import { endpoint } from "../http/endpoint.ts";
import { Tag, tagged } from "../http/etag.ts";
import { Failed, fail } from "../http/failure.ts";
import { bodyOf } from "../http/stream.ts";
import { failureOf, orFail } from "../read/native.ts";
import { sourceOf } from "../read/source.ts";
import { asTyped, shown } from "../read/types.ts";
import { failUnknown } from "../read/unknown.ts";
import { inRoom } from "../in-room.ts";
import type { Share } from "../room.ts";
import { Turns } from "../turns.ts";
import { acrossAnswer, partAnswer, queryAnswer, rawAnswer } from "./query-answer.ts";
import { headersOf } from "./query-headers.ts";
import { tooLarge } from "./query-limits.ts";
import { type Asked, parameters } from "./query-parameters.ts";
import {
  combinedOf,
  groupsOf,
  isRise,
  shownColumns,
  orderOfBuckets,
  percentilesOf,
} from "./query-series.ts";
import { unreadableIn } from "./query-unreadable.ts";
import { readRaw } from "./query-raw.ts";

export const query = endpoint({
  methods: ["GET"],
  path: "/api/v1/query",
  scope: "read",
  summary: "The buckets of one metric",
  description: "Times out are starts of buckets, Unix ms. Only buckets with points appear.",
  parameters,
  answer: z.union([queryAnswer, partAnswer, acrossAnswer, rawAnswer]),
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

/** Numbers of an answer that are made, and put into its tag, in the time of decoding a bucket. */
const NUMBERS_OF_A_ROW = 2;

async function responseOf(request: Request, seen: Seen, asked: Asked): Promise<Response> {
  const { head, series } = await asTyped(asked.metric, (isCounter) =>
    answerOf(seen, asked, Date.now(), isCounter),
  );
  const notes = notesOf(head, series.length, head.keptFrom);
  const csv = asked.format === "csv";
  const names = shownColumns(head, asked);
  const tag = new Tag();
  const turns = new Turns();
  await tag.text(JSON.stringify([asked.format, csv && asked.csv, names, head]));
  for (const one of series) {
    await tag.text(labelsJson(one.labels));
    for (const numbers of numbersOf(one, names)) {
      await tag.bytes(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
      if (turns.isOver(numbers.length / NUMBERS_OF_A_ROW)) await turns.next();
    }
  }
  turns.rest();
  return tagged(
    request,
    await tag.done(),
    csv ? "text/csv; charset=utf-8; header=present" : "application/json",
    csv ? headersOf(notes) : {},
    () =>
      bodyOf(
        seen.share.until(csv ? csvOf(series, names, notes, asked) : jsonParts(head, series, names)),
      ),
  );
}

const csvOf = (
  series: readonly LazySeries[],
  names: readonly ColumnName[],
  notes: Notes,
  { csv: dialect }: Asked,
): Generator<string> =>
  csvParts(
    series.map(({ labels, columns }) => ({ labels: labelsObject(labels), columns })),
    notes,
    dialect,
    // When a series ended is no sample of it.
    names.filter((name) => name !== "ends"),
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
  asked: Asked,
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
      message:
        "with across there is one value, avg: leave out stat and an order by percentiles, or leave out across",
      issues: [{ path: "across", message: "there is nothing but avg with it" }],
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
  const byRise = isRise(asked.order) ? asked.order : undefined;
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
  if (!rises(type)) {
    if (byRise !== undefined) failOfRise(metric, "order", byRise);
    for (const name of asked.stat) if (isRise(name)) failOfRise(metric, "stat", name);
  }
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

async function rawOf(seen: Seen, asked: Asked, now: number): Promise<Answer> {
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
  { metric, where }: Asked,
): Promise<void> {
  // With `where`, only series that match were looked for.
  const ever = { matchers: [anyOf(METRIC_NAME, [metric])], from: -Infinity, to: Infinity };
  const any = where.length > 0 ? orFail(await source.series(ever, 1)).series : [];
  if (any.length > 0) return;
  if (byLink)
    fail({ kind: "unknown_metric", message: `no metric "${metric}" any more`, nearest: [] });
  await failUnknown(env, prefix, metric);
}

const failOfRise = (metric: string, path: "order" | "stat", name: string): never =>
  fail({
    kind: "invalid_parameter",
    message: `${path}=${name} is for counters, and ${metric} is not known to be one: nobody says that it is, and its name does not end in _total, _count, .count or _bucket`,
    issues: [{ path, message: `${name} is for counters` }],
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
