// JSON that is parsed in parts is what JSON.parse makes of it, or fails as it does, however small the parts are.

import fc from "fast-check";
import { expect, test } from "vitest";
import { itemsInParts } from "../../../src/core/formats/json-items.ts";
import { isObject, parseJson } from "../../../src/core/formats/json.ts";
import { bodyInParts, parseInParts } from "../../../src/core/formats/json-parts.ts";
import { atOnce } from "../../../src/core/parts.ts";

const DEPTH = 6;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const space = fc.stringMatching(/^[ \n\r\t]{0,3}$/);
const key = fc.oneof(
  fc.constantFrom("a", "b", "10", "9", "__proto__", "constructor", ""),
  fc.string({ maxLength: 6 }),
);
const leaf = fc.oneof(
  fc.constantFrom("0", "-1.5e3", "true", "false", "null", '"\\""', '"\\\\"', '"[,]{}:"', '"é😀"'),
  fc.string({ maxLength: 30 }).map((text) => JSON.stringify(text)),
);
const { value } = fc.letrec<{ value: string }>((tie) => {
  const spaced = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.tuple(space, one, space).map((parts) => parts.join(""));
  const list = (open: string, item: fc.Arbitrary<string>, close: string): fc.Arbitrary<string> =>
    fc
      .tuple(space, fc.array(spaced(item), { maxLength: 5 }))
      .map(([before, items]) => `${open}${items.length === 0 ? before : items.join()}${close}`);
  const pair = fc
    .tuple(key, space, tie("value"))
    .map(([name, between, one]) => `${JSON.stringify(name)}${between}:${between}${one}`);
  return {
    value: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      leaf,
      list("[", tie("value"), "]"),
      list("{", pair, "}"),
    ),
  };
});

/** With something put in, left out or doubled, so that mostly it is no JSON. */
const broken = fc
  .tuple(
    value,
    fc.nat(),
    fc.nat(4),
    fc.constantFrom("", ",", "]", "}", "[", "{", ":", '"', "1", " ", "\\"),
  )
  .map(([text, at, length, put]) => {
    const from = at % (text.length + 1);
    return (text.slice(0, from) + put + text.slice(from + length)).toWellFormed();
  });

/** As text, since the order of keys counts, and one that is __proto__. */
const told = (text: string, part: number): unknown => {
  const read = atOnce(parseInParts(bytesOf(text), { depth: DEPTH, part }));
  return read.ok ? [JSON.stringify(read.value.value), read.value.keys] : read.error.code;
};

const expected = (text: string): unknown => {
  const read = parseJson(text, DEPTH);
  return read.ok ? [JSON.stringify(read.value.value), read.value.keys] : read.error.code;
};

test("the same value, and the same keys", () => {
  let parsed = 0;
  fc.assert(
    fc.property(fc.oneof(value, broken), fc.integer({ min: 1, max: 40 }), (text, part) => {
      const whole = expected(text);
      if (typeof whole !== "string") parsed++;
      expect(told(text, part)).toEqual(whole);
    }),
    { numRuns: 6_000 },
  );
  expect(parsed).toBeGreaterThan(1_200);
});

test.each([
  ["[1,]", "not valid JSON: expected a value at byte 3"],
  ['{"a":1,}', "not valid JSON: expected a key at byte 7"],
  ["[1}", "not valid JSON: expected a comma or ] at byte 2"],
  ["[1] 2", "not valid JSON: expected the end at byte 4"],
  ['["aaaaaaaaa" 1]', "not valid JSON: expected a comma or ] at byte 13"],
])("%s: what is wrong, and where", (text, message) => {
  const read = atOnce(parseInParts(bytesOf(text), { depth: DEPTH, part: 2 }));
  expect(read.ok ? "" : read.error.message).toBe(message);
});

/** The items of a list as they are handed out; undefined: there is none. */
function handedOut(text: string, key: string | undefined, part: number): unknown {
  const all: unknown[] = [];
  const most = { items: 0 };
  const read = atOnce(
    itemsInParts(
      bytesOf(text),
      key,
      function* (items) {
        most.items = Math.max(most.items, items.length);
        all.push(...items);
        yield items.length;
        return undefined;
      },
      part,
    ),
  );
  if (!read.ok) return read.error.code;
  // An item and what is behind it take two bytes or more.
  if (bytesOf(text).length > part) expect(most.items).toBeLessThanOrEqual(Math.max(1, part / 2));
  return read.value ? JSON.stringify(all) : undefined;
}

test("items that are handed out are those of the list, no more than a part at a time", () => {
  const counts = { lists: 0, twice: 0 };
  const list = fc.array(value, { maxLength: 8 }).map((items) => `[${items.join()}]`);
  const pair = fc
    .tuple(fc.constantFrom("a", "series"), fc.oneof(list, value))
    .map(([name, one]) => `"${name}":${one}`);
  const object = fc.array(pair, { maxLength: 4 }).map((pairs) => `{${pairs.join()}}`);
  fc.assert(
    fc.property(
      fc.oneof(list, object, broken),
      fc.constantFrom(undefined, "series"),
      fc.integer({ min: 4, max: 40 }),
      (text, key, part) => {
        const got = handedOut(text, key, part);
        const whole = parseJson(text);
        if (got === "invalid_body") {
          counts.twice++;
          // Of two lists the first may be handed out before the second comes.
          expect(text.split(`"${key}":`).length).toBeGreaterThan(2);
          return;
        }
        if (!whole.ok) {
          expect(got).toBe(whole.error.code);
          return;
        }
        const { value } = whole.value;
        const found = key === undefined ? value : isObject(value) ? value[key] : undefined;
        if (Array.isArray(found)) counts.lists++;
        expect(got).toBe(Array.isArray(found) ? JSON.stringify(found) : undefined);
      },
    ),
    { numRuns: 4_000 },
  );
  expect(counts.lists).toBeGreaterThan(100);
  expect(counts.twice).toBeGreaterThan(10);
});

test("what cannot be parsed says in which bytes", () => {
  const text = `[${"1,".repeat(50_000)}tru]`;
  const read = atOnce(bodyInParts(bytesOf(text)));
  expect(read.ok ? "" : read.error.message).toMatch(/^not valid JSON: .*, in bytes \d+ to 100004$/);
});

test("as deep as it may be, and no deeper, is told with the limit", () => {
  const nested = (depth: number): string =>
    `${"[".repeat(depth)}"${"a".repeat(50)}"${"]".repeat(depth)}`;
  expect(told(nested(DEPTH), 8)).toEqual([nested(DEPTH), 0]);
  const read = atOnce(
    parseInParts(bytesOf(nested(DEPTH + 1)), { depth: DEPTH, limit: 9, part: 8 }),
  );
  expect(read.ok ? "" : read.error.message).toMatch(/^nested deeper than 9 levels/);
});

test("a body has a byte order mark before it, and only there", () => {
  const mark = "\ufeff";
  const text = `[${"1,".repeat(50_000)}1]`;
  expect(atOnce(bodyInParts(bytesOf(mark + text))).ok).toBe(true);
  for (const odd of [mark + mark + text, text.replace(",", `,${mark}`), text + mark])
    expect(atOnce(bodyInParts(bytesOf(odd))).ok).toBe(false);
});
