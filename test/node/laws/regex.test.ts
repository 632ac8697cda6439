// Laws of the bounds of regular expressions: the size that is estimated before compiling is not less
// than what is compiled, and plain alternatives find what the compiled expression finds.

import fc from "fast-check";
import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import { plainAlternatives, regexSize } from "../../../src/core/query/regex.ts";

const atom = fc.constantFrom(
  ..."abz.-é",
  "\\pL",
  "\\x{1F600}",
  "\\d",
  "\\.",
  "[a-z]",
  "[^]a]",
  "[[:alpha:]x]",
  "[\\]b]",
  "^",
  "$",
);
const repeat = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  fc.constantFrom("*", "+?", "?", "{3}", "{0,2}", "{2,}", "{7}", "{1,12}"),
);
const { expression } = fc.letrec<{ expression: string; term: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.array(tie("term"), { maxLength: 4 }).map((terms) => terms.join("")),
    fc.tuple(tie("expression"), tie("expression")).map((both) => both.join("|")),
  ),
  term: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(atom, repeat).map((both) => both.join("")),
    fc
      .tuple(fc.constantFrom("(", "(?:", "(?i:"), tie("expression"), repeat)
      .map(([open, inner, times]) => `${open}${inner})${times}`),
  ),
}));

test("the estimate is not below the size of the program", () => {
  let compiled = 0;
  fc.assert(
    fc.property(expression, (pattern) => {
      let size: number;
      try {
        size = RE2JS.compile(pattern, RE2JS.DOTALL).programSize();
      } catch {
        return;
      }
      compiled++;
      expect(regexSize(pattern)).toBeGreaterThanOrEqual(size - 2);
    }),
    { numRuns: 3_000, examples: [["(|$*){7}"], ["(||$){7}"], ["(?:\\b*|){7}"]] },
  );
  expect(compiled).toBeGreaterThan(800);
});

test("the estimate of what nobody would write is quick, and large", () => {
  expect(regexSize("(((a{99}){99}){99}){99}")).toBeGreaterThan(90_000_000);
  expect(regexSize("\\pL{1000}".repeat(100))).toBeGreaterThan(100_000);
  expect(regexSize("(".repeat(10_000))).toBeGreaterThan(10_000);
  expect(regexSize(")".repeat(10_000))).toBeGreaterThan(1_000);
  expect(regexSize("[".repeat(10_000))).toBeLessThan(10);
});

test("plain alternatives find what the expression finds", () => {
  const text = fc.string({ unit: fc.constantFrom(..."ab|.-\\()é\n$ "), maxLength: 6 });
  const plain = fc
    .array(fc.string({ unit: fc.constantFrom("a", "b", "\\.", "\\|", "\\(", "-", "é", " ") }))
    .map((parts) => parts.join("|"));
  let listed = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        plain,
        plain.map((one) => `(${one})`),
        text,
      ),
      text,
      (pattern, other) => {
        const texts = plainAlternatives(pattern);
        if (texts === undefined) return;
        listed++;
        const regex = RE2JS.compile(pattern, RE2JS.DOTALL);
        for (const one of [...texts, other]) expect(texts.includes(one)).toBe(regex.testExact(one));
      },
    ),
    { numRuns: 2_000 },
  );
  expect(listed).toBeGreaterThan(800);
});
