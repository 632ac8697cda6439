// Laws of how a shard numbers its pages: whatever it flushes, removes or lays out anew, whatever is
// given up and lands late, a reader of D1 and of the shard finds each bucket once, by the rule of
// core/query/consistency.ts, and D1 takes each page once.

import fc from "fast-check";
import { expect, test } from "vitest";
import { inHead, type Sides, verdict } from "../../../src/core/query/consistency.ts";
import { emptyState, type LogState, type StoredPage } from "../../../src/durable/manifest.ts";
import { atWatermark, freeId, withPage, withReplaced } from "../../../src/durable/sealed.ts";

/** The clock stands still: numbers that follow it come as close to each other as they may. */
const NOW = 100;

interface D1 {
  readonly watermark: number;
  /** With how often each is there. */
  readonly buckets: readonly number[];
}

/** What a shard asks D1 to do: nothing, unless its watermark is `believed`. */
interface Batch {
  readonly believed: number;
  readonly part: number;
  readonly buckets: readonly number[];
}

interface State {
  readonly d1: D1;
  readonly log: LogState;
  /** D1 may have taken what was given up. */
  readonly doubt: boolean;
  /** Given up; they may land yet. */
  readonly late: readonly Batch[];
  readonly open: readonly number[];
  /** What is in blobs, by their slots. */
  readonly blobs: readonly (readonly number[])[];
  readonly appended: number;
}

const START: State = {
  d1: { watermark: 0, buckets: [] },
  log: emptyState(NOW, "DB"),
  doubt: false,
  late: [],
  open: [],
  blobs: [],
  appended: 0,
};

/** What becomes of a batch: the shard hears that it landed, it landed unheard, or it may land later. */
type Fate = "heard" | "unheard" | "late";

type Action =
  | { readonly do: "append" | "seal" | "reconcile" | "lay out" | "land late" }
  | { readonly do: "flush"; readonly pages: number; readonly fate: Fate }
  /** A removal, or new series alone: no pages. */
  | { readonly do: "write"; readonly fate: Fate };

const fate = fc.constantFrom<Fate>("heard", "heard", "unheard", "late");
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Action>({ do: "append" }) },
  { weight: 4, arbitrary: fc.constant<Action>({ do: "seal" }) },
  { weight: 2, arbitrary: fc.constant<Action>({ do: "reconcile" }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: "lay out" }) },
  { weight: 2, arbitrary: fc.constant<Action>({ do: "land late" }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("flush" as const),
      pages: fc.integer({ min: 1, max: 3 }),
      fate,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), fate }) },
);

const stored = (slots: readonly number[]): StoredPage => ({
  slots,
  buckets: 1,
  bytes: 1,
  from: 0,
  to: 0,
});

const land = (d1: D1, { believed, part, buckets }: Batch): D1 =>
  d1.watermark === believed ? { watermark: part, buckets: [...d1.buckets, ...buckets] } : d1;

const bucketsOf = ({ blobs }: State, { slots }: StoredPage): readonly number[] =>
  slots.flatMap((slot) => blobs[slot]!);

/** One batch, as the flusher sends it. */
function send(state: State, part: number, buckets: readonly number[], of: Fate): State {
  const batch = { believed: state.log.watermark, part, buckets };
  if (of === "late") return { ...state, doubt: true, late: [...state.late, batch] };
  const d1 = land(state.d1, batch);
  const landed = d1 !== state.d1;
  if (of === "unheard" || !landed) return { ...state, d1, doubt: true };
  return { ...state, d1, log: atWatermark(state.log, part, NOW).state };
}

function step(state: State, what: Action): State {
  const { log, open, blobs, d1 } = state;
  switch (what.do) {
    case "append":
      return { ...state, open: [...open, state.appended], appended: state.appended + 1 };
    case "seal":
      if (open.length === 0) return state;
      return {
        ...state,
        log: withPage(log, stored([blobs.length]), Infinity, NOW),
        blobs: [...blobs, open],
        open: [],
      };
    case "reconcile":
      return { ...state, doubt: false, log: atWatermark(log, d1.watermark, NOW).state };
    case "flush": {
      const pages = log.sealed.slice(0, what.pages);
      if (state.doubt || pages.length === 0) return state;
      const buckets = pages.flatMap((page) => bucketsOf(state, page));
      return send(state, pages.at(-1)!.id, buckets, what.fate);
    }
    case "write":
      return state.doubt ? state : send(state, freeId(log)!, [], what.fate);
    case "lay out": {
      if (state.doubt || log.sealed.length === 0) return state;
      // D1 has their series first, and with them another watermark.
      const ready = send(state, freeId(log)!, [], "heard");
      if (ready.doubt) return ready;
      const gone = ready.log.sealed.slice(0, 2);
      const all = gone.flatMap((page) => bucketsOf(ready, page));
      const pages = all.map((_, i) => stored([blobs.length + i]));
      return {
        ...ready,
        log: withReplaced(ready.log, gone, pages, NOW),
        blobs: [...blobs, ...all.map((bucket) => [bucket])],
      };
    }
    case "land late": {
      const [batch, ...late] = state.late;
      return batch === undefined ? state : { ...state, late, d1: land(d1, batch) };
    }
  }
}

const sidesOf = (d1: D1, { watermark: believed, openId }: LogState): Sides => ({
  stored: d1.watermark,
  believed,
  openId,
});

/** What a reader of D1 at one time, and of the shard at another, finds. */
const found = (d1: D1, shard: State): number[] => {
  const sides = sidesOf(d1, shard.log);
  return [
    ...d1.buckets,
    ...shard.open,
    ...shard.log.sealed
      .filter(({ id }) => inHead(id, sides))
      .flatMap((page) => bucketsOf(shard, page)),
  ].sort((a, b) => a - b);
};

const history = fc.array(action, { maxLength: 40 });

const run = (actions: readonly Action[]): State[] => {
  const past = [START];
  for (const what of actions) past.push(step(past.at(-1)!, what));
  return past;
};

test("once nothing moves, each bucket is in D1 or in the shard, and a reader finds it once", () => {
  fc.assert(
    fc.property(history, (actions) => {
      const { d1, log, ...rest } = run(actions).at(-1)!;
      const sides = sidesOf(d1, log);
      // At the latest the reading after the next fits.
      const fits = verdict(sides, undefined) === "fits" || verdict(sides, sides) === "fits";
      expect(fits).toBe(true);
      const all = Array.from({ length: rest.appended }, (_, i) => i);
      expect(found(d1, { d1, log, ...rest })).toEqual(all);
    }),
    { numRuns: 5_000 },
  );
});

test("whatever moves between the two readings, what fits has each bucket once", () => {
  let fitted = 0;
  fc.assert(
    fc.property(history, fc.nat(), fc.nat(6), fc.boolean(), (actions, at, apart, d1First) => {
      const past = run(actions);
      const first = at % past.length;
      const second = Math.min(first + apart, past.length - 1);
      const [d1At, shardAt] = d1First ? [first, second] : [second, first];
      const { d1 } = past[d1At]!;
      const shard = past[shardAt]!;
      if (verdict(sidesOf(d1, shard.log), undefined) === "again") return;
      fitted++;
      const counts = found(d1, shard);
      expect(counts).toEqual([...new Set(counts)]);
      for (let bucket = 0; bucket < past[first]!.appended; bucket++)
        expect(counts).toContain(bucket);
    }),
    { numRuns: 20_000 },
  );
  expect(fitted).toBeGreaterThan(5_000);
});

test("what was given up is flushed in the end, once, and there is a number between the two", () => {
  fc.assert(
    fc.property(history, (actions) => {
      let state = run(actions).at(-1)!;
      for (const { log } of run(actions))
        for (const { id } of [...log.sealed, { id: log.openId }])
          expect(id).toBeGreaterThan(freeId(log)!);
      const rest: Action[] = [
        { do: "reconcile" },
        { do: "seal" },
        { do: "flush", pages: Infinity, fate: "heard" },
        { do: "reconcile" },
        { do: "flush", pages: Infinity, fate: "heard" },
        ...state.late.map((): Action => ({ do: "land late" })),
      ];
      for (const what of rest) state = step(state, what);
      expect(state.log.sealed).toEqual([]);
      const all = Array.from({ length: state.appended }, (_, i) => i);
      expect(state.d1.buckets.toSorted((a, b) => a - b)).toEqual(all);
    }),
    { numRuns: 5_000 },
  );
});
