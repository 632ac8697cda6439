// A backup: what a store answers, it answers again from an empty one into which its lines were taken, at every
// resolution, from whatever layout into whatever other.

import { beforeEach, describe, expect, test, vi } from "vitest";
import { DAY, HOUR } from "../../src/core/tiers.ts";
import { linesOf } from "../../src/worker/backup/export.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { NOW } from "./api-client.ts";
import {
  answers,
  begin,
  cron,
  exportedAll,
  imported,
  type Layout,
  live,
  metrics,
  storeNow,
} from "./backup-store.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const ONE: Layout = { shards: 1, databases: 1 };
const TWO: Layout = { shards: 3, databases: 2 };
const THREE: Layout = { shards: 4, databases: 3 };

describe("export, an empty store, import: the same answers", () => {
  test.each([
    [1, ONE, THREE],
    [2, TWO, ONE],
  ] as const)(
    "seed %i, from %o to %o",
    async (seed, from, to) => {
      await begin(from);
      await live(seed, NOW, 7);
      const before = await answers();
      const lines = await exportedAll();
      // In small pieces, and with few series at a time, it is the same.
      for (const metric of metrics)
        expect(await inPieces(metric)).toEqual(sorted(lines.filter((line) => isOf(metric, line))));
      await begin(to);
      const taken = await imported(lines);
      expect(taken).toMatchObject({ kept: 0, left: 0 });
      expect(await answers()).toEqual(before);
      // Again, nothing.
      expect(await imported(lines, 500)).toEqual({ stored: 0, kept: taken.stored, left: 0 });
      // The roll-up and the retention of the new store.
      vi.setSystemTime(NOW + HOUR);
      await cron();
      vi.setSystemTime(NOW);
      expect(await answers()).toEqual(before);
      expect(await exportedAll()).toEqual(lines);
      expect(await imported(lines, 500)).toEqual({ stored: 0, kept: taken.stored, left: 0 });
    },
    90_000,
  );
});

const isOf = (metric: string, line: string): boolean =>
  line.startsWith(`{"metric":${JSON.stringify(metric)}`);

/** Lines of days that were cut are no longer lines of days: what is in them. */
const sorted = (lines: readonly string[]): string[] => lines.flatMap(partsOf).sort();

function partsOf(line: string): string[] {
  const { metric, labels, minute, ...coarse } = JSON.parse(line) as Record<string, unknown>;
  const key = JSON.stringify([metric, labels]);
  if (minute === undefined) return [`${key} ${JSON.stringify(coarse)}`];
  const { at = [], value = [], end = [], bucket = {} } = minute as Record<string, number[]>;
  return [
    ...at.map((time, i) => `${key} ${time} ${value[i]}`),
    ...end.map((time) => `${key} end ${time}`),
    ...Object.entries(bucket).flatMap(([name, numbers]) =>
      name === "huge" ? [] : (numbers as unknown as number[]).map((one) => `${key} ${name} ${one}`),
    ),
  ];
}

async function inPieces(metric: string): Promise<string[]> {
  const source = sourceOf(storeNow(), "", NOW);
  const asked = { metric, from: NOW - 12 * DAY - (NOW % DAY), to: NOW + DAY - (NOW % DAY) };
  const lines: string[] = [];
  for (let from = asked.from; ;) {
    const all = linesOf(source, { ...asked, from, samplesPerMinute: 6 }, "", {
      buckets: 20,
      characters: 2_000,
    });
    let last = "";
    for await (const line of all) {
      if (last !== "") lines.push(last);
      last = line;
    }
    const { next } = JSON.parse(last) as { readonly next?: number };
    if (next === undefined) return sorted(lines);
    expect(next).toBeGreaterThan(from);
    from = next;
  }
}
