import fc from "fast-check";
import { expect, test } from "vitest";
import type { Format } from "../../../../src/core/formats/format.ts";
import { Intake } from "../../../../src/core/formats/intake.ts";
import { nativeJson, nativeNdjson } from "../../../../src/core/formats/native.ts";
import * as LIMITS from "../../../../src/core/limits.ts";
import { decodeBatch } from "../../../../src/core/series/batch.ts";
import { atOnce } from "../../../../src/core/parts.ts";
import { unzstd } from "../../../support/unzstd.ts";
import { NOW } from "../suite.ts";

interface Sent {
  readonly format: Format;
  readonly precision: "s" | "ms" | "us";
}

/** The points that a body leads to, and what is wrong with its items. */
function stored(items: readonly string[], { format, precision }: Sent) {
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 0 });
  const text = format === nativeJson ? `[${items.join()}]` : items.join("\n");
  const parameters = format.parameters.parse({ precision });
  const asked = { parameters, path: format.paths[0]! };
  atOnce(format.decode(new TextEncoder().encode(text), asked, intake, unzstd));
  const points = intake
    .finish()
    .flatMap(({ batches }) => batches.map(decodeBatch))
    .flatMap(({ series, index, at, value }) =>
      [...at].map((time, i) => [series[index[i]!], time, value[i]]),
    );
  return { points, wrong: intake.issues.map(({ message }) => message) };
}

test("whatever came before it, an item says what it says alone", () => {
  const number = fc.constantFrom("1", "-2.5", "1E2", "1e999", '"4"', '""', "null", "[1]");
  const often = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: other });
  const value = often(fc.constantFrom("1", "20", "-0.5", "3e2", "-0"), number);
  const time = often(
    fc.nat(5).map((n) => String(NOW / 1_000 - n)),
    fc.oneof(number, fc.constantFrom(String(NOW - 1), String(NOW * 1e3), `"${NOW}"`)),
  );
  // Names and labels that begin like others; fields in several orders, with what comes seldom.
  const name = fc.constantFrom('"m"', '"m2"', '"\\u006d"', '""');
  const labels = fc.constantFrom('{"h":"a"}', '{"h":"ab"}', '{ "h":"a"}', "{}", '{"h":1}');
  const form = fc.constantFrom<(n: string, l: string, v: string, t: string) => string>(
    (n, l, v, t) => `{"name":${n},"labels":${l},"timestamp":${t},"value":${v}}`,
    (n, l, v, t) => `{"name":${n},"labels":${l},"value":${v},"timestamp":${t}}`,
    (n, l, v, t) => `{"name":${n},"labels":${l},"value":${v},"timestomp":${t}}`,
    (n, l, v, t) => `{"value":${v},"labels":${l},"name":${n},"timestamp":${t} }`,
    (n, l, v, t) => `{"timestamp":${t},"value":${v},"name":${n},"tags":${l}}`,
    (n, l, v, t) => `{"name":${n},"value":${v},"timestamp":${t},"labels":${l},"type":"gauge"}`,
    (n, _, v, t) => `{"name":${n},"value":${v},"timestamp":${t}}`,
    (n, l, v, t) => `{"name":${n},"labels":${l},"value":${v},"datapoints":[[${t},${v}]]}`,
    (n, l, v) => `{"name":${n},"labels":${l},"value":${v}}`,
  );
  // The same kinds of items over and over, as an agent sends them, with others between them.
  const kind = fc.record({ name, labels, form });
  const round = (kinds: readonly { name: string; labels: string; form: Form }[]) =>
    fc.tuple(
      ...kinds.map((of) =>
        fc
          .tuple(often(fc.constant(of), kind), value, time)
          .map(([it, v, t]) => it.form(it.name, it.labels, v, t)),
      ),
    );
  type Form = (n: string, l: string, v: string, t: string) => string;
  const items = fc
    .array(kind, { minLength: 1, maxLength: 4 })
    .chain((kinds) => fc.array(round(kinds), { minLength: 1, maxLength: 8 }))
    .map((rounds) => rounds.flat());
  const sent = fc.record({
    format: fc.constantFrom<Format[]>(nativeJson, nativeNdjson),
    precision: fc.constantFrom<Sent["precision"][]>("s", "ms", "us"),
  });
  const alone = (list: readonly string[], as: Sent) => {
    const each = list.map((item) => stored([item], as));
    return {
      points: each.flatMap(({ points }) => points),
      wrong: each.flatMap(({ wrong }) => wrong).slice(0, LIMITS.issuesListed),
    };
  };
  fc.assert(
    fc.property(items, sent, (list, as) => {
      expect(stored(list, as)).toEqual(alone(list, as));
    }),
    { numRuns: 2_000 },
  );
});
