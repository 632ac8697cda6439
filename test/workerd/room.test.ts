// Many of the largest questions at once, in a room that holds two of them: what they gather together stays within
// it, and each is answered as it is alone.

import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { evaluateRange } from "../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../src/core/promql/parse.ts";
import { Increases } from "../../src/core/query/increase.ts";
import { anyOf } from "../../src/core/query/matcher.ts";
import { Merge } from "../../src/core/query/merge.ts";
import { plan } from "../../src/core/query/plan.ts";
import { shelfOf } from "../../src/core/query/shelf.ts";
import { METRIC_NAME } from "../../src/core/query/source.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { Room, type Share } from "../../src/worker/room.ts";
import { samplesOf } from "../../src/worker/routes/prometheus/samples.ts";
import { flush, wipe } from "./cron-store.ts";

const NOW = Date.UTC(2095, 11, 30);
const RETENTION = { minute: 15, hour: 400, day: 0 };
const SERIES = Array.from({ length: 24 }, (_, i) => 16 + i);
const SINCE = NOW - DAY;
/** Of all of it as buckets of minutes, some 600 KB: a third more than that is room for one. */
const OF_ONE = 800_000;
const BYTES = 1_000_000;
/** What may be gathered between two looks for room: a row of packs, an answer's column. */
const SLACK = 50_000;

const CLOCK = { now: () => performance.now(), wait: (ms: number) => scheduler.wait(ms) };

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await wipe();
  await flush(
    SERIES.flatMap((id) =>
      Array.from({ length: DAY / (5 * MINUTE) }, (_, i) => ({
        id,
        at: SINCE + 17 + i * 5 * MINUTE,
        value: i % 100,
      })),
    ),
  );
  return () => void vi.useRealTimers();
});

/** A share that notes the most that all of a room have, with leave or yet without. */
class Watched {
  readonly room = new Room(CLOCK, BYTES, OF_ONE);
  readonly #shares: Share[] = [];
  most = 0;

  enter(): Share {
    const share = this.room.enter();
    const hold = share.hold.bind(share);
    share.hold = (bytes) => {
      hold(bytes);
      const all = this.#shares.reduce((sum, { wanted }) => sum + wanted, 0);
      this.most = Math.max(this.most, all);
    };
    this.#shares.push(share);
    return share;
  }
}

/** In PromQL: samples, and columns of them. */
async function promql(query: string, share: Share): Promise<unknown> {
  const expr = parseQuery(query);
  if (!expr.ok) throw new Error(expr.error.kind);
  const samples = samplesOf(sourceOf(env, "", NOW, { perSlice: 8_000, share }), {
    now: NOW,
    samplesPerMinute: 6,
    retention: RETENTION,
    share,
  });
  const times = { start: SINCE + HOUR, end: NOW - 1, step: MINUTE };
  const answer = await evaluateRange(query, expr.value, times, samples, { memory: share });
  share.clear();
  share.leave();
  return answer;
}

/** By the minute, each series apart, as the native API gathers them. */
async function native(share: Share): Promise<unknown> {
  const range = { from: SINCE, to: NOW };
  const planned = plan(range, "minute", NOW, RETENTION);
  const merge = new Merge(planned, "*", shelfOf(planned, 2_000));
  const increases = new Increases(planned, () => {});
  const held = share.part();
  const names = SERIES.map((id) => `m${id}`);
  const selection = { ...range, tier: "minute", matchers: [anyOf(METRIC_NAME, names)] } as const;
  const selected = await sourceOf(env, "", NOW, { perSlice: 8_000, share }).select(
    selection,
    ({ metric, labels }, buckets, first, end) => {
      const all = [["__name__", metric] as const, ...labels];
      merge.add(all, buckets, first, end);
      increases.add(all, buckets, first, end);
      held(merge.bytes + increases.bytes);
      return undefined;
    },
  );
  share.clear();
  share.leave();
  return { ok: selected.ok, size: merge.size, total: merge.ranked(1).total };
}

const QUESTIONS: readonly ((share: Share) => Promise<unknown>)[] = [
  native,
  (share) => promql("topk(3, last_over_time({__name__=~'m.+'}[10m]))", share),
  (share) => promql("{__name__=~'m.+'}", share),
  (share) => promql("sum(first_over_time({__name__=~'m.+'}[1h]))", share),
];

test("together they hold no more than there is, and are answered as each alone", async () => {
  const alone: unknown[] = [];
  for (const question of QUESTIONS) alone.push(await question(new Watched().enter()));
  expect(alone).toMatchObject(QUESTIONS.map(() => ({ ok: true })));
  const watched = new Watched();
  const many = Array.from({ length: 8 }, (_, i) => i % QUESTIONS.length);
  const answers = await Promise.all(many.map((i) => QUESTIONS[i]!(watched.enter())));
  expect(answers).toEqual(many.map((i) => alone[i]));
  expect(watched.room.peak).toBeLessThanOrEqual(BYTES);
  expect(watched.room.peak).toBeGreaterThan(OF_ONE / 2);
  expect(watched.most).toBeLessThan(BYTES + 8 * SLACK);
  expect(watched.room.held).toBe(0);
});

test("what is too much for one names the limit, in PromQL and beside it", async () => {
  const small = (): Share => new Room(CLOCK, 1_000, 800).enter();
  expect(await promql("{__name__=~'m.+'}", small())).toMatchObject({
    ok: false,
    error: { kind: "read", error: { kind: "too_large", limit: "queryBytes" } },
  });
  expect(await native(small())).toMatchObject({ ok: false });
});
