// Names of series that are short, and still tell them apart.

import fc from "fast-check";
import { expect, test } from "vitest";
import { seriesName } from "../../../src/ui/format.ts";
import { middleOut, shortNames } from "../../../src/ui/short-names.ts";

const named = (...all: Record<string, string>[]) =>
  all.map((labels, i) => ({ key: String(i), labels }));
const names = (...all: Record<string, string>[]): string[] => [
  ...shortNames(named(...all)).values(),
];

test("what is common to all is left out", () =>
  expect(
    names(
      { job: "node", host: "a", zone: "eu" },
      { job: "node", host: "b", zone: "eu" },
      { job: "node", host: "c", zone: "eu" },
    ),
  ).toEqual(["host=a", "host=b", "host=c"]));

test("long values go without what all begin and end with, word by word", () =>
  expect(
    names(
      { host: "ip-10-0-12-1.eu-west-1.compute.internal", pod: "checkout-1" },
      { host: "ip-10-0-12-7.eu-west-1.compute.internal", pod: "checkout-2" },
      { host: "ip-10-0-14-7.eu-west-1.compute.internal", pod: "checkout-3" },
    ),
  ).toEqual([
    "host=…12-1… · pod=checkout-1",
    "host=…12-7… · pod=checkout-2",
    "host=…14-7… · pod=checkout-3",
  ]));

test("of what is still long the middle is left out", () => {
  const [name = ""] = names({ path: `/a/${"b".repeat(100)}/end` }, { path: "/c" });
  expect(name).toMatch(/^path=\/a\/b+…b+\/end$/);
  expect(name.length).toBe(56);
  expect(middleOut("😀".repeat(60), 5)).toBe("😀😀😀…😀");
});

test("what has nothing of its own, or would be called like another, has its whole name", () => {
  const middle = "m".repeat(80);
  expect(names({ job: "a" }, { job: "a", host: "b" })).toEqual(["job=a", "host=b"]);
  expect(names({ a: `${middle}1${middle}` }, { a: `${middle}2${middle}` })).toEqual([
    `a=${middle}1${middle}`,
    `a=${middle}2${middle}`,
  ]);
  expect(names({ job: "alone", zone: "eu" })).toEqual(["job=alone · zone=eu"]);
});

test("names from right to left stand by themselves among others", () =>
  expect(seriesName({ host: "مضيف", zone: "eu" })).toBe("host=\u2068مضيف\u2069 · zone=eu"));

test("whatever series there are, no two are called alike", () => {
  const value = fc.string({ unit: fc.constantFrom(..."ab-.é😀"), maxLength: 70 });
  const labels = fc.dictionary(fc.constantFrom("a", "b", "__proto__", "c"), value, {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(labels, { selector: (one) => seriesName(one), maxLength: 6 }),
      (all) => {
        const short = shortNames(named(...all));
        expect(short.size).toBe(all.length);
        expect(new Set(short.values()).size).toBe(all.length);
        for (const one of short.values()) expect(one.isWellFormed()).toBe(true);
      },
    ),
  );
});
