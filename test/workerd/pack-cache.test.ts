// Packs that were read are held as long as the token is the same, whole or not at all, and no more than there is room for.

import { describe, expect, test } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { Admission, type Area, PackCache } from "../../src/d1/pack-cache.ts";
import type { PackRow } from "../../src/d1/rows.ts";

const area = (first: number, last: number, database = "DB"): Area => ({
  database,
  table: "hour",
  first,
  last,
});

const rowsOf = (pack: number, first: number, last: number, body = "{0:a}"): PackRow[] =>
  Array.from({ length: last - first + 1 }, (_, i) => ({
    pack,
    span: first + i,
    slot: null,
    body,
  }));

const whole = (pack: number) => ({ pack, slot: null });
const TOKEN = "5";

/** Spans that are held of a pack in an area; undefined: it is not held. */
function spans(
  cache: PackCache,
  of: Area,
  pack: number,
  slot: number | null = null,
): number[] | undefined {
  const known = cache.known(of, [{ pack, slot }], cache.admission());
  return known?.packs[0]?.rows.map(({ span }) => span);
}

const known = (cache: PackCache, of: Area, pack: number) =>
  cache.known(of, [whole(pack)], cache.admission());

const put = (
  cache: PackCache,
  of: Area,
  pack: number,
  rows: readonly PackRow[],
  token = TOKEN,
): void => cache.put(of, token, [whole(pack)], rows, cache.admission());

test("what is within what was read is held, and nothing else", () => {
  const cache = new PackCache();
  expect(spans(cache, area(1, 9), 7)).toBeUndefined();
  put(cache, area(1, 9), 7, rowsOf(7, 2, 8));
  expect(spans(cache, area(1, 9), 7)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  expect(spans(cache, area(3, 4), 7)).toEqual([3, 4]);
  expect(spans(cache, area(9, 9), 7)).toEqual([]);
  for (const other of [area(0, 9), area(1, 10), area(1, 9, "DB_1")])
    expect(spans(cache, other, 7)).toBeUndefined();
  expect(spans(cache, { ...area(1, 9), table: "day" }, 7)).toBeUndefined();
  expect(spans(cache, area(1, 9), 8)).toBeUndefined();
});

test("of one slot the whole pack will do, not the other way round", () => {
  const cache = new PackCache();
  put(cache, area(1, 2), 7, rowsOf(7, 1, 2));
  expect(spans(cache, area(1, 2), 7, 3)).toEqual([1, 2]);
  cache.put(
    area(1, 2),
    TOKEN,
    [{ pack: 8, slot: 3 }],
    [{ pack: 8, span: 1, slot: 3, body: "a" }],
    cache.admission(),
  );
  expect(spans(cache, area(1, 2), 8, 3)).toEqual([1]);
  expect(spans(cache, area(1, 2), 8, 4)).toBeUndefined();
  expect(spans(cache, area(1, 2), 8)).toBeUndefined();
});

test("what a whole pack has is not held of its slots as well", () => {
  const cache = new PackCache();
  const one = (last: number): void =>
    cache.put(
      area(1, last),
      TOKEN,
      [{ pack: 7, slot: 3 }],
      [{ pack: 7, span: 1, slot: 3, body: "a".repeat(1_000) }],
      cache.admission(),
    );
  one(2);
  put(cache, area(1, 2), 7, rowsOf(7, 1, 2));
  expect(cache.bytes).toBeLessThan(900);
  expect(spans(cache, area(1, 2), 7, 3)).toEqual([1, 2]);
  // But for what it has of a longer time.
  one(9);
  put(cache, area(1, 2), 7, rowsOf(7, 1, 2));
  expect(spans(cache, area(1, 9), 7, 3)).toEqual([1]);
});

test("parts of a range that follow each other are one, with a gap only the later is held", () => {
  const cache = new PackCache();
  put(cache, area(1, 3), 7, rowsOf(7, 1, 3));
  put(cache, area(4, 6), 7, rowsOf(7, 4, 6));
  put(cache, area(2, 5), 7, rowsOf(7, 2, 5, "{0:b}"));
  expect(spans(cache, area(1, 6), 7)).toEqual([1, 2, 3, 4, 5, 6]);
  const bodies = cache
    .known(area(1, 6), [whole(7)], cache.admission())!
    .packs[0]!.rows.map(({ body }) => body);
  expect(bodies).toEqual(["{0:a}", "{0:b}", "{0:b}", "{0:b}", "{0:b}", "{0:a}"]);
  put(cache, area(9, 9), 7, rowsOf(7, 9, 9));
  expect(spans(cache, area(1, 6), 7)).toBeUndefined();
  expect(spans(cache, area(9, 9), 7)).toEqual([9]);
});

test("another token ends all that was held of its database", () => {
  const cache = new PackCache();
  for (const database of ["DB", "DB_1"]) put(cache, area(1, 1, database), 7, rowsOf(7, 1, 1));
  put(cache, area(1, 1), 8, rowsOf(8, 1, 1), "6");
  expect(spans(cache, area(1, 1), 7)).toBeUndefined();
  expect(spans(cache, area(1, 1), 8)).toEqual([1]);
  expect(known(cache, area(1, 1), 8)?.token).toBe("6");
  expect(spans(cache, area(1, 1, "DB_1"), 7)).toEqual([1]);
  // Also where it is before a token that was seen: a database may be restored, or a replica be behind.
  put(cache, area(1, 1), 7, rowsOf(7, 1, 1, "{0:c}"));
  expect(known(cache, area(1, 1), 7)?.packs[0]?.rows[0]?.body).toBe("{0:c}");
});

test("of minutes all parts of an hour are held, under a token of their own", () => {
  const cache = new PackCache();
  const minutes = { ...area(1, 2), table: "minute" as const };
  const parts = [...rowsOf(7, 2, 2, "{0:b}"), ...rowsOf(7, 1, 2), ...rowsOf(7, 2, 2, "{0:c}")];
  put(cache, area(1, 2), 7, rowsOf(7, 1, 2));
  put(cache, minutes, 7, parts, "5 0:1");
  expect(spans(cache, minutes, 7)).toEqual([1, 2, 2, 2]);
  put(cache, { ...minutes, first: 3, last: 3 }, 7, rowsOf(7, 3, 3), "5 0:1");
  put(cache, { ...minutes, first: 2, last: 2 }, 7, rowsOf(7, 2, 2), "5 0:1");
  expect(spans(cache, { ...minutes, last: 3 }, 7)).toEqual([1, 2, 3]);
  expect(spans(cache, area(1, 2), 7)).toEqual([1, 2]);
  put(cache, minutes, 8, [], "5 0:2");
  expect(spans(cache, minutes, 7)).toBeUndefined();
  expect(spans(cache, area(1, 2), 7)).toEqual([1, 2]);
  cache.clear();
  expect(spans(cache, area(1, 2), 7)).toBeUndefined();
  expect(cache.bytes).toBe(0);
});

describe("room", () => {
  const LONG = "x".repeat(100_000);

  const MANY = Math.ceil((2 * LIMITS.packCacheBytes) / LONG.length);
  const putLong = (cache: PackCache, pack: number): void =>
    put(cache, area(1, 1), pack, rowsOf(pack, 1, 1, LONG));
  const isHeld = (cache: PackCache, pack: number): boolean =>
    spans(cache, area(1, 1), pack) !== undefined;

  test("holds no more than the limit: of two that are as popular the one that was there", () => {
    const cache = new PackCache();
    for (let pack = 0; pack < MANY; pack++) {
      putLong(cache, pack);
      expect(cache.bytes).toBeLessThanOrEqual(LIMITS.packCacheBytes);
    }
    expect(cache.bytes).toBeGreaterThan(0.9 * LIMITS.packCacheBytes);
    expect([0, 1, MANY - 1].map((pack) => isHeld(cache, pack))).toEqual([true, true, false]);
  });

  test("what is asked for more often takes the place of one that is not", () => {
    const cache = new PackCache();
    for (let pack = 0; pack < MANY; pack++) {
      putLong(cache, pack);
      expect(isHeld(cache, 0)).toBe(true);
    }
    const held = (): number[] =>
      Array.from({ length: MANY - 1 }, (_, pack) => pack).filter((pack) => isHeld(cache, pack));
    const before = held();
    for (let time = 0; time < 4; time++) putLong(cache, MANY - 1);
    expect(isHeld(cache, MANY - 1)).toBe(true);
    const after = held();
    expect([after.length, after[0]]).toEqual([before.length - 1, 0]);
  });

  test("of a dashboard that is twice as large as the room, near a half is found each time again", () => {
    const cache = new PackCache();
    const found: number[] = [];
    for (let round = 0; round < 5; round++) {
      const held = new Set<number>();
      for (let pack = 0; pack < MANY; pack++)
        if (isHeld(cache, pack)) held.add(pack);
        else putLong(cache, pack);
      found.push(held.size / MANY);
    }
    expect(found.map((part) => part.toFixed(1))).toEqual(["0.0", "0.5", "0.5", "0.5", "0.5"]);
  });

  test("another dashboard has its place after some times", () => {
    const cache = new PackCache();
    const ask = (from: number): number => {
      let held = 0;
      for (let pack = from; pack < from + MANY / 3; pack++)
        if (isHeld(cache, pack)) held++;
        else putLong(cache, pack);
      return held / (MANY / 3);
    };
    for (let round = 0; round < 100; round++) ask(0);
    for (let round = 0; round < 20; round++) ask(1_000);
    expect(ask(1_000)).toBeGreaterThan(0.9);
  });

  test("of a window that moves on, what was before gives way to what is asked for now", () => {
    // Of twenty packs ten hours each, and no more than some hours besides.
    const cache = new PackCache(1_000_000);
    const hits: number[] = [];
    for (let hour = 0; hour < 30; hour++)
      for (let time = 0; time < 3; time++) {
        const of = area(hour, hour + 9);
        let held = 0;
        for (let pack = 0; pack < 20; pack++)
          if (spans(cache, of, pack) !== undefined) held++;
          else put(cache, of, pack, rowsOf(pack, hour, hour + 9, "x".repeat(4_400)));
        hits.push(held);
      }
    expect(hits.filter((_, i) => i % 3 > 0 && i > 2).every((held) => held === 20)).toBe(true);
    expect(cache.bytes).toBeLessThanOrEqual(1_000_000);
  });

  test("a short question at the end of a long one's range does not take its place", () => {
    const cache = new PackCache(1_115_000);
    const of = (pack: number, first: number, last: number): void =>
      put(cache, area(first, last), pack, rowsOf(pack, first, last, "x".repeat(4_400)));
    for (let time = 0; time < 20; time++) {
      of(1, 0, 23);
      for (let pack = 100; pack < 110; pack++) putLong(cache, pack);
    }
    expect(spans(cache, area(0, 23), 1)).toHaveLength(24);
    expect(cache.bytes).toBeGreaterThan(1_111_000);
    of(1, 23, 24);
    expect(spans(cache, area(1, 24), 1)).toHaveLength(24);
    // Before it likewise.
    of(1, 0, 1);
    expect(spans(cache, area(0, 23), 1)).toHaveLength(24);
  });

  test("another dashboard has its place although what was there was popular, and is never asked for again", () => {
    const cache = new PackCache(40 * 101_000);
    const of = (pack: number, database: string): boolean => {
      const one = new Admission(1e9);
      const place = area(1, 1, database);
      if (cache.known(place, [whole(pack)], one) !== undefined) return true;
      cache.put(place, TOKEN, [whole(pack)], rowsOf(pack, 1, 1, LONG), one);
      return false;
    };
    for (let round = 0; round < 20; round++) for (let pack = 0; pack < 40; pack++) of(pack, "DB_1");
    let rounds = 0;
    for (let found = false; !found && rounds < 1_000; rounds++)
      found = [1, 2, 3, 4].map((pack) => of(pack, "DB")).every((is) => is);
    expect(rounds).toBeLessThan(30);
  });

  test("those that are popular are passed over once, and then others are looked at", () => {
    const cache = new PackCache(10_000_000);
    const popular = Array.from({ length: 60 }, (_, pack) => pack);
    for (const pack of popular) for (let time = 0; time < 5; time++) putLong(cache, pack);
    for (let pack = 100; pack < 139; pack++) putLong(cache, pack);
    expect(cache.bytes).toBeGreaterThan(9_800_000);
    // Of those 39 some are held that nobody asks for again.
    for (let time = 0; time < 4; time++) putLong(cache, 200);
    expect(isHeld(cache, 200)).toBe(true);
    expect(popular.every((pack) => isHeld(cache, pack))).toBe(true);
  });

  test("a question that looks again and again makes nothing popular", () => {
    const cache = new PackCache(250_000);
    const ask = (pack: number, admission = new Admission(1e9)): boolean => {
      const known = cache.known(area(1, 1), [whole(pack)], admission);
      if (known === undefined)
        cache.put(area(1, 1), TOKEN, [whole(pack)], rowsOf(pack, 1, 1, LONG), admission);
      return known !== undefined;
    };
    for (const pack of [1, 2]) expect(ask(pack)).toBe(false);
    // Questions of their own make it more popular than those, looks of one do not.
    const one = new Admission(1e9);
    for (let time = 0; time < 9; time++) expect(ask(3, one)).toBe(false);
    expect([ask(3), ask(3), ask(3)]).toEqual([false, false, true]);
  });

  test("one question fills a quarter of it", () => {
    const cache = new PackCache();
    const admission = cache.admission();
    const packs = Math.ceil(LIMITS.packCacheBytes / LONG.length);
    for (let pack = 0; pack < packs; pack++)
      cache.put(area(1, 1), TOKEN, [whole(pack)], rowsOf(pack, 1, 1, LONG), admission);
    expect(cache.bytes).toBeLessThanOrEqual(LIMITS.packCacheBytes / 4);
    expect(cache.bytes).toBeGreaterThan(0.9 * (LIMITS.packCacheBytes / 4));
  });

  test("it gives way to what others hold, and takes the room back", () => {
    let left = Infinity;
    const cache = new PackCache(1_000_000, () => left);
    for (let pack = 0; pack < 8; pack++) put(cache, area(1, 1), pack, rowsOf(pack, 1, 1, LONG));
    left = 500_000;
    cache.trim();
    expect(cache.bytes).toBeLessThanOrEqual(500_000);
    expect(spans(cache, area(1, 1), 7)).toEqual([1]);
    left = -1;
    cache.trim();
    expect(cache.bytes).toBe(0);
    put(cache, area(1, 1), 1, rowsOf(1, 1, 1, LONG));
    expect(cache.bytes).toBe(0);
    left = 2_000_000;
    for (let pack = 0; pack < 30; pack++) put(cache, area(1, 1), pack, rowsOf(pack, 1, 1, LONG));
    expect(cache.bytes).toBeLessThanOrEqual(1_000_000);
    expect(cache.bytes).toBeGreaterThan(800_000);
  });

  test("what it holds is counted also where parts overlap", () => {
    const cache = new PackCache();
    for (let i = 0; i < 100; i++)
      put(cache, area(i % 7, (i % 7) + 3), 7, rowsOf(7, i % 7, (i % 7) + 3));
    const held = spans(cache, area(3, 6), 7)!;
    expect(cache.bytes).toBeGreaterThan(held.length * 5);
    expect(cache.bytes).toBeLessThan(2_000);
    put(cache, area(1, 1), 7, [], "6");
    expect(cache.bytes).toBeLessThan(500);
  });
});

test("the packs of a question are known once it was answered, those of long or wide ones never", () => {
  const cache = new PackCache();
  put(cache, area(1, 1), 7, rowsOf(7, 1, 1));
  expect(cache.knownOf(area(1, 1), "q", cache.admission())).toBeUndefined();
  cache.answered("q", [whole(7), whole(8)]);
  expect(cache.knownOf(area(1, 1), "q", cache.admission())?.packs.map(({ pack }) => pack)).toEqual([
    7,
  ]);
  cache.answered("q", [whole(8)]);
  expect(cache.knownOf(area(1, 1), "q", cache.admission())).toBeUndefined();
  const long = "q".repeat(2_000);
  cache.answered(long, [whole(7)]);
  expect(cache.knownOf(area(1, 1), long, cache.admission())).toBeUndefined();
  cache.answered(
    "wide",
    Array.from({ length: 100 }, (_, i) => whole(i)),
  );
  expect(cache.knownOf(area(1, 1), "wide", cache.admission())).toBeUndefined();
  for (let i = 0; i <= LIMITS.packQuestions; i++) cache.answered(`q${i}`, [whole(7)]);
  expect(cache.knownOf(area(1, 1), "q0", cache.admission())).toBeUndefined();
  for (const i of [1, LIMITS.packQuestions])
    expect(cache.knownOf(area(1, 1), `q${i}`, cache.admission())).toBeDefined();
});

test("what is kept beside a row counts for as long as the row is held", () => {
  const cache = new PackCache();
  const rows = rowsOf(7, 1, 3);
  put(cache, area(1, 3), 7, rows);
  const before = cache.bytes;
  expect(cache.keepBeside(rows[1]!, 5_000, cache.admission())).toBe(true);
  expect(cache.keepBeside(rows[1]!, 1_000, cache.admission())).toBe(true);
  expect(cache.bytes).toBe(before + 6_000);
  // With a row more, which is read beside those.
  put(cache, area(4, 4), 7, rowsOf(7, 4, 4));
  expect(cache.bytes).toBeGreaterThan(before + 6_000);
  expect(cache.keepBeside({ ...rows[1]! }, 1, cache.admission())).toBe(false);
  put(cache, area(1, 4), 7, rowsOf(7, 1, 4));
  expect(cache.bytes).toBeLessThan(before + 1_000);
  expect(cache.keepBeside(rows[1]!, 1, cache.admission())).toBe(false);
  put(cache, area(1, 3), 7, rows, "6");
  expect(cache.keepBeside(rows[1]!, 7, cache.admission())).toBe(true);
  cache.clear();
  expect([cache.bytes, cache.keepBeside(rows[1]!, 1, cache.admission())]).toEqual([0, false]);
});

test("beside rows half of the room is used at most, and given back", () => {
  const cache = new PackCache(10_000);
  const [row] = rowsOf(7, 1, 1);
  put(cache, area(1, 1), 7, [row!]);
  const before = cache.bytes;
  const keep = (bytes: number, of = row!): boolean =>
    cache.keepBeside(of, bytes, new Admission(1e9));
  const kept = [5_001, 5_000, 1, -4_000, 4_001, 3_000].filter((bytes) => keep(bytes));
  expect(kept).toEqual([5_000, -4_000, 3_000]);
  expect(cache.bytes).toBe(before + 4_000);
  // With the row goes what is beside it.
  const [again] = rowsOf(7, 1, 1);
  put(cache, area(1, 1), 7, [again!], "6");
  expect(cache.bytes).toBe(before);
  expect([keep(1), keep(5_000, again)]).toEqual([false, true]);
  cache.clear();
  const [last] = rowsOf(7, 1, 1);
  put(cache, area(1, 1), 7, [last!]);
  expect(keep(5_000, last)).toBe(true);
  // It gives way as what was read does.
  put(cache, area(1, 1), 8, rowsOf(8, 1, 1, "x".repeat(1_500)));
  put(cache, area(1, 1), 9, rowsOf(9, 1, 1, "x".repeat(1_500)));
  expect(keep(-1, last)).toBe(true);
  for (let time = 0; time < 3; time++)
    put(cache, area(1, 1), 10, rowsOf(10, 1, 1, "x".repeat(1_500)));
  expect([cache.bytes < 10_000, keep(-1, last)]).toEqual([true, false]);
});
