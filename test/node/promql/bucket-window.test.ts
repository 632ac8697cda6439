// Windows over buckets: each bucket is in one of those that follow each other, whatever gaps lie between.

import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { BucketRows } from "../../../src/core/promql/bucket-window.ts";
import { HOUR } from "../../../src/core/tiers.ts";

test("windows that follow each other count each point once, after gaps too", () => {
  const buckets = new Buckets(4);
  for (const hour of [0, 2, 4]) {
    const row = buckets.push(hour * HOUR);
    buckets.add(row, 1, hour * HOUR);
    buckets.add(row, 1, (hour + 1 / 2) * HOUR);
  }
  const rows = new BucketRows({ labels: [], buckets, width: HOUR }, HOUR);
  const counts = Array.from({ length: 7 }, (_, i) =>
    rows.moveTo(i * HOUR) ? rows.window(i * HOUR, HOUR).merged().count : 0,
  );
  expect(counts).toEqual([0, 2, 0, 2, 0, 2, 0]);
});
