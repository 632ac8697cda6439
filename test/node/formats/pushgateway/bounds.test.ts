// Bounds and quantiles: what is pushed as protobuf has the series that the same program has as text.

import { expect, test } from "vitest";
import type { Format } from "../../../../src/core/formats/format.ts";
import { Intake } from "../../../../src/core/formats/intake.ts";
import { pushgateway, pushgatewayProtobuf } from "../../../../src/core/formats/pushgateway.ts";
import { decodeBatch } from "../../../../src/core/series/batch.ts";
import { atOnce } from "../../../../src/core/parts.ts";
import { unzstd } from "../../../support/unzstd.ts";
import { body, double, int, message, text, varint } from "../proto.ts";
import { NOW } from "../suite.ts";

function seriesIn(format: Format, bytes: Uint8Array): string[] {
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
  const parameters = format.parameters.parse({});
  const { ok } = atOnce(
    format.decode(bytes, { parameters, path: "/metrics/job/a" }, intake, unzstd),
  );
  expect([ok, intake.issues]).toEqual([true, []]);
  return intake
    .finish()
    .flatMap(({ batches }) => batches.flatMap((batch) => decodeBatch(batch).series))
    .sort();
}

/** Doubles as Go writes them: strconv.FormatFloat(x, 'g', -1, 64). */
test.each([
  [0.25, "0.25"],
  [-0.5, "-0.5"],
  [0, "0"],
  [-0, "0"],
  [1, "1"],
  [0.1, "0.1"],
  [0.001, "0.001"],
  [0.0001, "0.0001"],
  [0.00012345, "0.00012345"],
  [0.00001, "1e-05"],
  [-0.000025, "-2.5e-05"],
  [0.00009999999999999999, "9.999999999999999e-05"],
  [1e-7, "1e-07"],
  [100_000, "100000"],
  [999_999.5, "999999.5"],
  [1e6, "1e+06"],
  [1_048_576, "1.048576e+06"],
  [16_777_216.000000004, "1.6777216000000004e+07"],
  [-2_500_000, "-2.5e+06"],
  [1e9, "1e+09"],
  [123_456_789, "1.23456789e+08"],
  [1e21, "1e+21"],
  [1e100, "1e+100"],
  [5e-324, "5e-324"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
  [NaN, "NaN"],
])("%d", (value, written) => {
  const asText = `took_bucket{le="${written}"} 1\ntook_sum 1\ntook_count 1
size{quantile="${written}"} 2\nsize_sum 1\nsize_count 1
${written === "+Inf" ? "" : 'took_bucket{le="+Inf"} 1\n'}`;
  const families = [
    [
      text(1, "took"),
      int(3, 4),
      message(4, message(7, int(1, 1), double(2, 1), message(3, int(1, 1), double(2, value)))),
    ],
    [
      text(1, "size"),
      int(3, 2),
      message(4, message(4, int(1, 1), double(2, 1), message(3, double(1, value), double(2, 2)))),
    ],
  ].map((fields) => body(fields));
  const asProtobuf = body(families.flatMap((family) => [varint(family.length), family]));
  expect(seriesIn(pushgatewayProtobuf, asProtobuf)).toEqual(
    seriesIn(pushgateway, new TextEncoder().encode(asText)),
  );
});
