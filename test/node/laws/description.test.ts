// Laws of what is known of metrics: whoever knows a part, and in whatever order the parts are merged, the
// same counts; what is stored comes back; what is said again changes nothing.

import fc from "fast-check";
import { expect, test } from "vitest";
import { METRIC_TYPES } from "../../../src/core/metric-type.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import {
  afterStatement,
  type Description,
  effective,
  fitted,
  helpIssue,
  mergeDescriptions,
  NOTHING_SAID,
  type Said,
  type Statement,
  unitIssue,
} from "../../../src/core/series/description.ts";
import { Descriptions } from "../../../src/durable/descriptions.ts";

const word = fc.constantFrom("a", "b", "c");
const said: fc.Arbitrary<Said> = fc.record(
  { type: fc.constantFrom(...METRIC_TYPES), unit: word, help: word },
  { requiredKeys: [] },
);
const at = fc.nat(5);
const description: fc.Arbitrary<Description> = fc.record({
  said,
  saidAt: at,
  set: said,
  setAt: at,
});

test("two merge to the same, whichever comes first", () => {
  fc.assert(
    fc.property(description, description, (a, b) => {
      expect(mergeDescriptions(a, b)).toEqual(mergeDescriptions(b, a));
      expect(mergeDescriptions(a, a)).toEqual(a);
      expect(mergeDescriptions(a, NOTHING_SAID)).toEqual(mergeDescriptions(NOTHING_SAID, a));
    }),
  );
});

test("what is set wins over what is said; saying it again changes nothing", () => {
  fc.assert(
    fc.property(description, said, fc.integer({ min: 6, max: 9 }), (before, fields, now) => {
      const told = afterStatement(before, { metric: "m", ...fields }, now);
      expect(effective(told)).toEqual({ ...before.said, ...fields, ...before.set });
      expect(afterStatement(told, { metric: "m", ...fields }, now + 1)).toBe(told);
      const set = afterStatement(told, { metric: "m", ...fields, setAt: now }, now);
      expect(effective(set)).toEqual({ ...told.said, ...fields });
      expect(afterStatement(set, { metric: "m", setAt: now - 1 }, now)).toBe(set);
    }),
  );
});

const statement: fc.Arbitrary<Statement> = fc
  .tuple(fc.constantFrom("m", "n", "o"), said, fc.option(at, { nil: undefined }))
  .map(([metric, fields, setAt]) => ({ metric, ...fields, ...(setAt && { setAt }) }));

test("rows hold what changed since those before: all together are all that is known", () => {
  const steps = fc.array(
    fc.oneof(
      statement.map((one) => ({ kind: "say", one }) as const),
      fc.constantFrom({ kind: "write" } as const, { kind: "land" } as const),
      fc.constantFrom("m", "n").map((metric) => ({ kind: "remove", metric }) as const),
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const known = new Descriptions();
      let rows: Uint8Array[] = [];
      const write = (): void => {
        const which = known.unwritten;
        if (which === "all") rows = [];
        if (which !== "none") rows.push(...known.encode(which === "all"));
      };
      list.forEach((step, now) => {
        if (step.kind === "say") known.take(step.one, now);
        else if (step.kind === "land") known.landed(known.pending());
        else if (step.kind === "remove") known.remove(step.metric);
        else write();
      });
      write();
      const again = new Descriptions();
      for (const row of rows) again.decode(row);
      for (const metric of ["m", "n", "o"]) expect(again.get(metric)).toEqual(known.get(metric));
      expect(
        again
          .pending()
          .map(([metric]) => metric)
          .sort(),
      ).toEqual(
        known
          .pending()
          .map(([metric]) => metric)
          .sort(),
      );
      expect(again.unwritten).toBe("none");
    }),
  );
});

test("what agents say is made to fit, whatever it is", () => {
  const text = fc.string({ unit: "binary", maxLength: 2 * LIMITS.helpLength });
  fc.assert(
    fc.property(text, text, (unit, help) => {
      const fit = fitted({ unit, help });
      expect([unitIssue(fit.unit ?? ""), helpIssue(fit.help ?? "")]).toEqual([
        undefined,
        undefined,
      ]);
      expect(fitted(fit)).toEqual(fit);
    }),
  );
});

test("a shard keeps so many characters of them", () => {
  const known = new Descriptions();
  const help = "h".repeat(LIMITS.helpLength);
  const fits = Math.floor(LIMITS.descriptionCharactersPerShard / help.length);
  const one = (i: number) => known.fitting({ metric: `m${i}`, help });
  for (let i = 0; i < fits; i++) {
    expect(one(i).help).toBe(help);
    known.take({ metric: `m${i}`, help }, 1);
  }
  expect(one(fits)).toEqual({ metric: `m${fits}` });
});

test("beyond the limit of a shard there is no help, and type and unit are kept", () => {
  const known = new Descriptions(10);
  known.take({ metric: "m", help: "12345678" }, 1);
  const more = { metric: "n", type: "gauge", unit: "s", help: "123" } as const;
  expect(known.fitting(more)).toEqual({ metric: "n", type: "gauge", unit: "s" });
  // What is shorter than what it replaces makes room.
  const shorter = { metric: "m", help: "123" } as const;
  expect(known.fitting(shorter)).toBe(shorter);
  known.remove("m");
  expect(known.fitting(more)).toBe(more);
});
