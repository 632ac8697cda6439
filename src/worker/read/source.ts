// The Source of D1 and the shards: names, one consistent reading, and what came decoded and handed out,
// each point once. It must not know what is asked for: grouping, statistics and dialects are others'.

import * as LIMITS from "../../core/limits.ts";
import { type Matcher, Work } from "../../core/query/matcher.ts";
import { keptFrom, type Plan, plan, withoutDeleted } from "../../core/query/plan.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import {
  type Ended,
  type Rows,
  type Selected,
  type Selection,
  type Series,
  type Source,
  type TakeRows,
} from "../../core/query/source.ts";
import { type Cost, halves, type Slice } from "../../core/query/slices.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { TIERS } from "../../core/tiers.ts";
import type { Description } from "../../core/series/description.ts";
import type { Labels } from "../../core/series/labels.ts";
import { looseBytes } from "../../core/series/loose-minutes.ts";
import type { Caching } from "../../d1/pack-cache.ts";
import { readSnapshot } from "../../d1/snapshot.ts";
import { configOf, type Env } from "../env.ts";
import { packCache as cache } from "../in-room.ts";
import type { Share } from "../room.ts";
import { countRead } from "../shards.ts";
import { Turns } from "../turns.ts";
import { handOutAtOnce } from "./at-once.ts";
import { overBudget, tooManyInTurn, tooManySeries } from "./bounds.ts";
import { type AskedHead, consistent, type HeadCut, tooMuch } from "./consistent.ts";
import { findSeries, findTexts, split } from "./find-series.ts";
import { BUCKETS, COARSE, type Form, MINUTES } from "./forms.ts";
import type { Keep } from "./beside.ts";
import type { Besides } from "./besides.ts";
import { Grouping } from "./grouping.ts";
import { HandOut, type Receiver } from "./hand-out.ts";
import { Joining } from "./joining.ts";
import type { KnownSeries } from "./known-series.ts";
import { namesOf } from "./names.ts";
import { Outstanding } from "./outstanding.ts";
import { readSlices } from "./slices.ts";
import { storedOf } from "./stored.ts";
import { merged, withHeads } from "./union.ts";

/**
 * `prefix`: as if there were only metrics whose names begin with it. `now`: Unix ms, by which retention
 * is counted. `perSlice`: buckets that are read at once. `share`: where what is read is counted, and what is
 * gathered of it; its room is waited for. `work`: that on texts of all that is asked; else each question has its own.
 * `isBulk`: all of a store is read once, as it is now, and nothing of it kept.
 */
export const sourceOf = (
  env: Env,
  prefix: string,
  now: number,
  { perSlice = LIMITS.bucketsPerSlice, share, work, isBulk = false }: Reads = {},
): Source => {
  const admission = cache.admission();
  const caching = (database: string): Caching => ({ cache, database, admission, isBulk });
  const bounds = (): Bounds => ({
    prefix,
    now,
    perSlice,
    share,
    work: work ?? new Work(),
    caching,
    isExact: isBulk,
  });
  return {
    series: (question, limit) => findSeries(env, prefix, question, limit, bounds().work),
    texts: (question, label) => findTexts(env, prefix, question, label, bounds().work),
    select: (selection, take) => {
      const { tier, by, wanted = "all" } = selection;
      const form = tier === "minute" ? BUCKETS : COARSE[wanted];
      const keep: Keep = (row, bytes) => cache.keepBeside(row, bytes, admission);
      // Of minutes all is decoded, whatever is wanted.
      const joining = new Joining(tier, tier === "minute" ? "all" : wanted, form, keep);
      // Of parts of buckets there are many kinds: those are not kept.
      const grouping =
        by === undefined || wanted !== "all"
          ? undefined
          : new Grouping(by, TIERS[tier].step, form, keep);
      return select(env, bounds(), selection, form, take, { held: { grouping, joining } });
    },
    minutes: (question, take, { takeHour, ended } = {}) =>
      select(
        env,
        ended === undefined ? bounds() : { ...bounds(), perSlice: IN_TURN * perSlice },
        { ...question, tier: "minute" },
        MINUTES,
        take,
        { takeHour },
        ended,
      ),
  };
};

/** So many times as much is read at once where what is decoded of it is let go part by part. */
const IN_TURN = 3;

interface Reads {
  readonly perSlice?: number;
  readonly share?: Share | undefined;
  readonly work?: Work;
  readonly isBulk?: boolean;
}

interface Bounds {
  /** Of the names of metrics that there are. */
  readonly prefix: string;
  /** Unix ms, by which retention is counted. */
  readonly now: number;
  /** Buckets that are read at once. */
  readonly perSlice: number;
  readonly share: Share | undefined;
  readonly work: Work;
  readonly caching: (database: string) => Caching;
  /** As in `consistent`. */
  readonly isExact: boolean;
}

async function select<R extends Rows>(
  env: Env,
  bounds: Bounds,
  selection: Selection,
  form: Form<R>,
  take: TakeRows<R>,
  besides: Besides,
  ended?: Ended,
): Promise<Result<Selected, ReadError>> {
  const { prefix, now, perSlice, share, work, caching, isExact } = bounds;
  const { tier } = selection;
  const { retention } = configOf(env);
  const asked = plan(selection, tier, now, retention);
  const { names, labels: matchers } = split(selection.matchers);
  const metrics = await namesOf(env, prefix, names, work);
  if (!metrics.ok) return metrics;
  const handOut = new HandOut(asked, form, take, {
    ...besides,
    share,
    inParts: ended !== undefined,
  });
  const heads = share?.part() ?? (() => {});
  const keptSince = (): number => Math.max(keptFrom(tier, now, retention), handOut.deletedTo);
  const question: Question = {
    metrics: metrics.value,
    matchers,
    work,
    perSlice,
    since: Date.now(),
    caching,
    isExact,
    heads,
    after: selection.after,
    ended: ended && ((series) => ended(series, keptSince())),
  };
  let known = false;
  let description: Description | undefined;
  const parts: Slice[] = [{ packs: [], from: asked.kept, to: asked.to }];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const planned = { ...asked, kept: part.from, to: part.to };
    const read = await readPart(env, question, planned, handOut).finally(() => {
      heads(0);
      handOut.clear();
    });
    if (read.ok) {
      known ||= read.value.known;
      description ??= read.value.description;
      const over = overParts(asked, parts, read.value.series, handOut.decoded, question.since);
      if (over !== undefined) return err(over);
      continue;
    }
    if (read.error.kind !== "head_cut") return err(read.error);
    const both = halves(part, tier);
    if (both === undefined) return err(tooMuch(read.error));
    parts.unshift(...both);
    // Of each series there is something in every part.
    question.ended = undefined;
  }
  const { runs, unreadable } = handOut;
  const [first] = unreadable;
  // Nothing at all could be read of what is there: that is no answer.
  if (first !== undefined && runs === 0) return err(first);
  return ok({
    known,
    keptFrom: keptSince(),
    unreadable,
    ...(description && { description }),
  });
}

/** Whether the parts that are left would be too much after those that were read. */
function overParts(
  asked: Plan,
  [next]: readonly Slice[],
  series: number,
  decoded: number,
  since: number,
): ReadError | undefined {
  if (next === undefined) return undefined;
  const cost: Cost = (from, to) => (to - from) / asked.step;
  const buckets = series * cost(asked.kept, next.from);
  const done = { decoded, thought: { series: buckets, slots: buckets }, ms: Date.now() - since };
  return overBudget(asked, [{ series, slots: series, cost }], done);
}

interface Question {
  readonly metrics: readonly string[];
  readonly matchers: readonly Matcher[];
  readonly work: Work;
  /** Buckets that are read at once. */
  readonly perSlice: number;
  /** Unix ms: when it began, or what it was to come after was over. */
  since: number;
  readonly caching: (database: string) => Caching;
  readonly isExact: boolean;
  /** Told how many bytes of heads are held. */
  readonly heads: (bytes: number) => void;
  /** What was read is decoded when it is over. */
  after: Promise<unknown> | undefined;
  ended: ((series: readonly Series[]) => Promise<ReadError | undefined>) | undefined;
}

/** Heads that may be held while what they come after is read. */
const AHEAD_BYTES = 1024 * 1024;

/** A series that is found takes the time of decoding so many buckets. */
const ROWS_OF_A_SERIES = 2;

interface PartRead {
  readonly known: boolean;
  readonly description: Description | undefined;
  /** How many series there are, those included that are in no database yet. */
  readonly series: number;
}

/** Reads a part of the range, mostly all of it: in whole buckets, so that none is in two parts. */
async function readPart(
  env: Env,
  question: Question,
  asked: Plan,
  handOut: Receiver,
): Promise<Result<PartRead, ReadError | HeadCut>> {
  const { metrics, matchers, work, perSlice, caching, heads: held, after } = question;
  const labels = pairsOf(matchers);
  // Nothing else is read at the same time: it may be twice a slice.
  const wanted = { metrics, matchers, plan: asked, perSlice: 2 * perSlice };
  const read = await consistent(env, {
    metrics,
    labels,
    from: asked.kept,
    to: asked.to,
    isExact: question.isExact,
    readD1: async (db, database, mayBeHeld) => {
      const snapshot = await readSnapshot(db, wanted, caching(database), mayBeHeld);
      countRead(snapshot.counted.read);
      return snapshot;
    },
  });
  if (!read.ok) return read;
  const { readings, heads } = read.value;
  const bytes = heads.reduce((sum, { head }) => sum + bytesOf(head), 0);
  if (after !== undefined) {
    if (bytes <= AHEAD_BYTES) held(bytes);
    await after;
    question.after = undefined;
    question.since = Date.now();
    // It was too much to be held meanwhile.
    if (bytes > AHEAD_BYTES) return readPart(env, question, asked, handOut);
  }
  held(bytes);
  const all = readings.reduce((sum, { snapshot }) => sum + snapshot.series.length, 0);
  const tooMany = tooManySeries(all);
  if (tooMany !== undefined) return err(tooMany);
  // What a database says of many series, and what is made of it, are done at once each, and others come in between.
  const turns = new Turns();
  const turn = async (): Promise<void> => {
    if (turns.isOver(ROWS_OF_A_SERIES * all)) await turns.next();
    turns.rest();
  };
  await turn();
  const matches = (one: KnownSeries): boolean =>
    matchers.length === 0 || work.matches(matchers, one.labels);
  const stored = readings.map((reading) => storedOf(reading, metrics, matches));
  if (work.over !== undefined) return err(work.over);
  await turn();
  // What one database has deleted is not told of another: it would be a part of the truth.
  const planned = readings.reduce(
    (of, { snapshot }) => withoutDeleted(of, snapshot.progress),
    asked,
  );
  handOut.begin(planned);
  const range = { from: planned.kept, to: planned.to };
  for (const { snapshot } of readings) handOut.sawDeleted(snapshot.progress);
  const { ended } = question;
  const over = ended && tooManyInTurn(planned, stored);
  if (over !== undefined) return err(over);
  const outstanding = ended && new Outstanding(stored, ended);
  const wide = stored.filter(({ reading }) => reading.snapshot.segments.cut);
  const failed =
    (await handOut.settled()) ??
    (await handOutAtOnce(handOut, { stored, heads, matches, range, perSlice, outstanding })) ??
    work.over ??
    (wide.length === 0
      ? undefined
      : await readSlices(env, {
          asked: read.value.asked,
          labels,
          plan: planned,
          stored: wide,
          heads,
          handOut,
          since: question.since,
          perSlice,
          caching,
          outstanding,
        }));
  if (failed !== undefined) return err(failed);
  return ok({
    description: withHeads(
      merged(readings.map(({ snapshot }) => snapshot.description)),
      heads.map(({ head }) => head.description),
    ),
    known: stored.some(({ series }) => series.size > 0) || heads.some(({ head }) => head.known),
    series: Math.max(
      ...stored.map(({ series }) => series.size),
      ...heads.map(({ head }) => head.keys.size),
    ),
  });
}

const bytesOf = ({ sealed, open, loose }: AskedHead["head"]): number =>
  [...sealed.map(({ block }) => block), ...open].reduce(
    (sum, { length }) => sum + length,
    loose === undefined ? 0 : looseBytes(loose),
  );

/** Label pairs that each series has which matches. */
const pairsOf = (matchers: readonly Matcher[]): Labels =>
  matchers
    .filter(({ op, value }) => op === "=" && value !== "")
    .map(({ label, value }) => [label, value] as const);
