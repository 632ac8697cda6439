// The Source of D1 and the shards: names, one consistent reading, and what came decoded and handed out,
// each point once. It must not know what is asked for: grouping, statistics and dialects are others'.

import * as LIMITS from "../../core/limits.ts";
import { cheapFirst, type Matcher, Work } from "../../core/query/matcher.ts";
import { deletedTo, keptFrom, plan, withoutDeleted } from "../../core/query/plan.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import {
  type FoundSeries,
  METRIC_NAME,
  type Selected,
  type Selection,
  type SeriesQuestion,
  type Source,
  type Take,
} from "../../core/query/source.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { readSnapshot } from "../../d1/snapshot.ts";
import { configOf, type Env } from "../env.ts";
import { countRead } from "../shards.ts";
import { tooManySeries } from "./bounds.ts";
import { consistent } from "./consistent.ts";
import { HandOut } from "./hand-out.ts";
import { KnownSeries, SeriesById } from "./known-series.ts";
import { namesOf } from "./names.ts";
import { seriesOf } from "./series.ts";
import { readSlices, type Stored } from "./slices.ts";

/** `now`: Unix ms, by which retention is counted. `perSlice`: buckets that are read at once. */
export const sourceOf = (
  env: Env,
  now: number,
  perSlice: number = LIMITS.bucketsPerSlice,
): Source => ({
  series: (question, limit) => findSeries(env, question, limit),
  select: (selection, take) => select(env, { now, perSlice }, selection, take),
});

interface Split {
  readonly names: readonly Matcher[];
  readonly labels: readonly Matcher[];
}

function split(matchers: readonly Matcher[]): Split {
  const ordered = cheapFirst(matchers);
  return {
    names: ordered.filter(({ label }) => label === METRIC_NAME),
    labels: ordered.filter(({ label }) => label !== METRIC_NAME),
  };
}

async function findSeries(
  env: Env,
  question: SeriesQuestion,
  limit: number,
): Promise<Result<FoundSeries, ReadError>> {
  const work = new Work();
  const { names, labels } = split(question.matchers);
  const metrics = await namesOf(env, names, work);
  if (!metrics.ok) return metrics;
  return await seriesOf(
    env,
    { ...question, metrics: metrics.value, matchers: labels, work },
    limit,
  );
}

async function select(
  env: Env,
  { now, perSlice }: { readonly now: number; readonly perSlice: number },
  selection: Selection,
  take: Take,
): Promise<Result<Selected, ReadError>> {
  const { retention } = configOf(env);
  const { tier } = selection;
  const since = Date.now();
  const asked = plan(selection, tier, now, retention);
  const work = new Work();
  const { names, labels: matchers } = split(selection.matchers);
  const metrics = await namesOf(env, names, work);
  if (!metrics.ok) return metrics;
  const read = await consistent(env, {
    metrics: metrics.value,
    from: asked.kept,
    to: asked.to,
    readD1: async (db, shards) => {
      const snapshot = await readSnapshot(
        db,
        // Nothing else is read at the same time.
        { metrics: metrics.value, matchers, plan: asked, perSlice: 2 * perSlice },
        shards,
      );
      countRead(snapshot.counted.read);
      return snapshot;
    },
  });
  if (!read.ok) return read;
  const { readings, heads } = read.value;
  // What one database has deleted is not told of another: it would be a part of the truth.
  const planned = readings.reduce(
    (of, { snapshot }) => withoutDeleted(of, snapshot.progress),
    asked,
  );
  const over = tooManySeries(
    readings.reduce((sum, { snapshot }) => sum + snapshot.series.length, 0),
  );
  if (over !== undefined) return err(over);
  const matching = (one: KnownSeries): boolean =>
    matchers.length === 0 || work.matches(matchers, one.labels);
  const stored = readings.map((reading): Stored => {
    const series = new SeriesById();
    for (const { id, metric, labels } of reading.snapshot.series) {
      const one = new KnownSeries(metrics.value[metric]!, labels);
      if (matching(one)) series.set(id, one);
    }
    return { reading, series };
  });
  if (work.over !== undefined) return err(work.over);
  const handOut = new HandOut(planned, take);
  const range = { from: planned.kept, to: planned.to };
  const wide = stored.filter(({ reading }) => reading.snapshot.segments.cut);
  let failed: ReadError | undefined;
  for (const { reading, series } of stored)
    if (!reading.snapshot.segments.cut)
      failed ??= handOut.stored(
        reading.name,
        reading.snapshot,
        reading.snapshot.segments,
        series,
        range,
      );
  for (const one of heads) {
    const { database } = one.head;
    const known = wide.find(({ reading }) => reading.name === database)?.series.ids();
    const { flushed } = readings.find(({ name }) => name === database)!.snapshot;
    failed ??= handOut.head(one, flushed.get(one.shard) ?? 0, (key) => {
      if (known?.has(key) === true) return undefined;
      const series = KnownSeries.ofKey(key);
      return matching(series) ? { series, ranges: [range] } : undefined;
    });
  }
  if (work.over !== undefined) return err(work.over);
  if (failed === undefined && wide.length > 0)
    failed = await readSlices(env, {
      asked: read.value.asked,
      plan: planned,
      stored: wide,
      heads,
      handOut,
      since,
      perSlice,
    });
  if (failed !== undefined) return err(failed);
  const { runs, unreadable } = handOut;
  const [first] = unreadable;
  // Nothing at all could be read of what is there: that is no answer.
  if (first !== undefined && runs === 0) return err(first);
  return ok({
    known: stored.some(({ series }) => series.size > 0) || heads.some(({ head }) => head.known),
    keptFrom: Math.max(
      keptFrom(tier, now, retention),
      handOut.deletedTo,
      ...readings.map(({ snapshot }) => deletedTo(tier, snapshot.progress)),
    ),
    unreadable,
  });
}
