// The Source of D1 and the shards: names, one consistent reading, and what came decoded and handed out,
// each point once. It must not know what is asked for: grouping, statistics and dialects are others'.

import { cheapFirst, type Matcher, Work } from "../../core/query/matcher.ts";
import { deletedTo, keptFrom, plan } from "../../core/query/plan.ts";
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
import { within } from "./bounds.ts";
import { consistent } from "./consistent.ts";
import { HandOut } from "./hand-out.ts";
import { namesOf } from "./names.ts";
import { seriesOf } from "./series.ts";

/** `now`: Unix ms, by which retention is counted. */
export const sourceOf = (env: Env, now: number): Source => ({
  series: (question, limit) => findSeries(env, question, limit),
  select: (selection, take) => select(env, now, selection, take),
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
  now: number,
  selection: Selection,
  take: Take,
): Promise<Result<Selected, ReadError>> {
  const { retention } = configOf(env);
  const { tier } = selection;
  const planned = plan(selection, tier, now, retention);
  const work = new Work();
  const { names, labels: matchers } = split(selection.matchers);
  const metrics = await namesOf(env, names, work);
  if (!metrics.ok) return metrics;
  const wanted = { metrics: metrics.value, matchers, plan: planned };
  const read = await consistent(env, {
    metrics: metrics.value,
    from: planned.kept,
    to: planned.to,
    readD1: async (db, shards) => {
      const snapshot = await readSnapshot(db, wanted, shards);
      countRead(snapshot.counted.read);
      return snapshot;
    },
  });
  if (!read.ok) return read;
  const { snapshot, heads } = read.value;
  const over = await within(env, wanted, snapshot);
  if (over !== undefined) return err(over);
  const handOut = new HandOut({ ...wanted, work }, snapshot, take);
  const failed =
    handOut.stored() ??
    heads.reduce<ReadError | undefined>((error, head) => error ?? handOut.head(head), undefined);
  if (failed !== undefined) return err(failed);
  const { known, runs, unreadable } = handOut;
  const [first] = unreadable;
  // Nothing at all could be read of what is there: that is no answer.
  if (first !== undefined && runs === 0) return err(first);
  return ok({
    known,
    keptFrom: Math.max(keptFrom(tier, now, retention), deletedTo(tier, snapshot.progress)),
    unreadable,
  });
}
