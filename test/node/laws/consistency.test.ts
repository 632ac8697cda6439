// Laws of reading D1 and a shard at the same time: when the rule says that they fit, each bucket that
// was stored before is counted exactly once, whatever went from one to the other meanwhile, came back
// from a replica late, or was lost with a shard's storage or with a D1 restored to an earlier time; and
// it never waits for ever.

import fc from "fast-check";
import { expect, test } from "vitest";
import { inHead, type Sides, verdict } from "../../../src/core/query/consistency.ts";

/** What D1 holds: the watermark, and the buckets that came with each page. */
interface Stored {
  readonly watermark: number;
  readonly buckets: ReadonlySet<number>;
}

/** What a shard holds. */
interface Shard {
  /** It started without storage, and reads the watermark before it flushes. */
  readonly doubt: boolean;
  readonly believed: number;
  readonly openId: number;
  readonly open: ReadonlySet<number>;
  readonly sealed: ReadonlyMap<number, ReadonlySet<number>>;
}

interface State {
  /** How often the shard lost its storage. */
  readonly losses: number;
  readonly d1: Stored;
  readonly shard: Shard;
  readonly appended: number;
}

const START: State = {
  losses: 0,
  d1: { watermark: 0, buckets: new Set() },
  shard: { doubt: false, believed: 0, openId: 100, open: new Set(), sealed: new Map() },
  appended: 0,
};

type Action =
  | "append"
  | "seal"
  /** D1 commits; the shard learns it, or does not. */
  | "flush"
  | "flush unheard"
  /** The shard reads the watermark. */
  | "reconcile"
  /** All that a shard had is lost, and its clock is behind. */
  | "lose storage"
  | { readonly restoreTo: number };

/** What happens while somebody reads. */
const during: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("append" as const) },
  { weight: 3, arbitrary: fc.constant("seal" as const) },
  { weight: 3, arbitrary: fc.constant("flush" as const) },
  { weight: 2, arbitrary: fc.constant("flush unheard" as const) },
  { weight: 2, arbitrary: fc.constant("reconcile" as const) },
  { weight: 1, arbitrary: fc.nat().map((restoreTo) => ({ restoreTo })) },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 16, arbitrary: during },
  { weight: 1, arbitrary: fc.constant("lose storage" as const) },
);

function step(state: State, past: readonly State[], what: Action): State {
  const { d1, shard, appended } = state;
  if (typeof what === "object") {
    const restored = past[what.restoreTo % past.length]!.d1;
    // To an earlier time only: one restore after the other goes back further.
    return restored.watermark > d1.watermark ? state : { ...state, d1: restored };
  }
  switch (what) {
    case "append":
      return {
        ...state,
        shard: { ...shard, open: new Set([...shard.open, appended]) },
        appended: appended + 1,
      };
    case "seal": {
      if (shard.open.size === 0) return state;
      const sealed = new Map([...shard.sealed, [shard.openId, shard.open]]);
      return { ...state, shard: { ...shard, openId: shard.openId + 1, open: new Set(), sealed } };
    }
    case "flush":
    case "flush unheard": {
      const last = [...shard.sealed.keys()].at(-1);
      // Guarded: D1 takes it only when its watermark is the one that the shard believes.
      if (last === undefined || shard.doubt || d1.watermark !== shard.believed) return state;
      const moved = [...shard.sealed.values()].flatMap((buckets) => [...buckets]);
      const next = { watermark: last, buckets: new Set([...d1.buckets, ...moved]) };
      return what === "flush"
        ? { ...state, d1: next, shard: dropped(shard, last, 0) }
        : { ...state, d1: next };
    }
    case "reconcile":
      return { ...state, shard: dropped(shard, d1.watermark, 1_000 * state.losses) };
    case "lose storage":
      return { ...state, shard: anew(state.losses + 1), losses: state.losses + 1 };
  }
}

/** A shard without storage numbers pages by its clock, which is right, or far behind. */
const anew = (losses: number): Shard => ({
  ...START.shard,
  doubt: true,
  openId: losses % 2 === 0 ? 1_000 * losses : -1_000 * losses,
});

/** A shard takes D1's watermark as it is: see `Log.drop`. `clock`: ids follow it. */
function dropped(shard: Shard, watermark: number, clock: number): Shard {
  const landed = shard.sealed.has(watermark);
  let next = Math.max(watermark + 1, clock);
  const sealed = new Map(
    [...shard.sealed]
      .filter(([page]) => !landed || page > watermark)
      .map(([page, buckets]) => {
        const id = Math.max(page, next);
        next = id + 1;
        return [id, buckets];
      }),
  );
  return {
    ...shard,
    doubt: false,
    believed: watermark,
    openId: Math.max(shard.openId, next),
    sealed,
  };
}

const held = ({ d1, shard }: State): Set<number> =>
  new Set([...d1.buckets, ...shard.open, ...[...shard.sealed.values()].flatMap((of) => [...of])]);

const sidesOf = (d1: Stored, { believed, openId }: Shard): Sides => ({
  stored: d1.watermark,
  believed,
  openId,
});

/** What a reader of both counts: buckets, with how often. */
function counted(d1: Stored, shard: Shard): Map<number, number> {
  const counts = new Map<number, number>();
  const add = (buckets: Iterable<number>): void => {
    for (const bucket of buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  };
  add(d1.buckets);
  add(shard.open);
  for (const [page, buckets] of shard.sealed) if (inHead(page, sidesOf(d1, shard))) add(buckets);
  return counts;
}

/** The position of a state of D1 that a replica may still have. */
function replicaOf(past: readonly State[], at: number): number {
  const first = past.findIndex(({ losses }) => losses === past.at(-1)!.losses);
  return first + (at % (past.length - first));
}

/** Within each attempt, so many actions happen; D1 and the shard are read after some of them. */
const attempt = fc.record({
  actions: fc.array(during, { maxLength: 5 }),
  d1At: fc.nat(5),
  shardAt: fc.nat(5),
});

test("what fits has each bucket once, unless D1 lost it", () => {
  let fitted = 0;
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 30 }),
      fc.array(attempt, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      (history, attempts, replica) => {
        const past = [START];
        for (const what of history) past.push(step(past.at(-1)!, past, what));
        const begun = past.length - 1;
        let before: Sides | undefined;
        for (const [n, { actions, d1At, shardAt }] of attempts.entries()) {
          const first = past.length - 1;
          for (const what of actions) past.push(step(past.at(-1)!, past, what));
          const within = (at: number): number => Math.min(first + at, past.length - 1);
          // The first reading may be answered by a replica: by any D1 of before. (But not of before
          // the shard lost its storage: it knows of nothing that it could miss.)
          const [at, shardIndex] = [
            n === 0 ? replicaOf(past, replica) : within(d1At),
            within(shardAt),
          ];
          const [{ d1 }, { shard }] = [past[at]!, past[shardIndex]!];
          const now = sidesOf(d1, shard);
          if (verdict(now, before) === "again") {
            before = now;
            continue;
          }
          fitted++;
          const counts = counted(d1, shard);
          for (const count of counts.values()) expect(count).toBe(1);
          const last = Math.max(at, shardIndex);
          for (let bucket = 0; bucket < past[begun]!.appended; bucket++) {
            const born = past.findIndex(({ appended }) => appended > bucket);
            const lost = past.slice(born, last + 1).some((state) => !held(state).has(bucket));
            if (!lost) expect(counts.has(bucket)).toBe(true);
          }
          return;
        }
      },
    ),
    { numRuns: 20_000 },
  );
  expect(fitted).toBeGreaterThan(10_000);
});

test("once nothing moves, the reading after the next fits, whatever was restored", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), fc.nat(), (history, replica) => {
      const past = [START];
      for (const what of history) past.push(step(past.at(-1)!, past, what));
      const { d1, shard } = past.at(-1)!;
      const old = sidesOf(past[replicaOf(past, replica)]!.d1, shard);
      if (verdict(old, undefined) === "fits") return;
      const now = sidesOf(d1, shard);
      if (verdict(now, old) === "fits") return;
      expect(verdict(now, now)).toBe("fits");
    }),
    { numRuns: 5_000 },
  );
});

test("a shard that lost its storage, and D1 that holds later pages, are no reason to wait for ever", () => {
  const sides: Sides = { stored: 900, believed: 0, openId: 100 };
  expect(verdict(sides, undefined)).toBe("again");
  expect(verdict(sides, sides)).toBe("fits");
});
