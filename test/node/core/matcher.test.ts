// Matchers as text: how they are taken apart, what they find, and what is refused.

import { describe, expect, test } from "vitest";
import { matchesAll, parseMatcher } from "../../../src/core/query/matcher.ts";

const reads = (text: string, label: string, op: string, value: string): void =>
  test(text, () => {
    expect(parseMatcher(text)).toMatchObject({ ok: true, value: { label, op, value } });
  });
const refuses = (text: string, error: RegExp): void =>
  test(`"${text}" is refused`, () => {
    expect(parseMatcher(text)).toEqual({ ok: false, error: expect.stringMatching(error) });
  });
const finds = (text: string, value: string, found: boolean): void =>
  test(`${text} ${found ? "finds" : "does not find"} "${value}"`, () => {
    const matcher = parseMatcher(text);
    expect(matcher.ok && matchesAll([matcher.value], [["a", value]])).toBe(found);
  });

describe("taken apart", () => {
  reads("host=a", "host", "=", "a");
  reads("host!=a", "host", "!=", "a");
  reads("host=~a.*", "host", "=~", "a.*");
  reads("host!~a.*", "host", "!~", "a.*");
  reads("host=", "host", "=", "");
  reads("host==a", "host", "=", "=a");
  reads("host=a=b", "host", "=", "a=b");
  reads("host=a!=b", "host", "=", "a!=b");
  reads("a b.c/d=x y", "a b.c/d", "=", "x y");
  reads("host=a\nb", "host", "=", "a\nb");
  reads("é=😀", "é", "=", "😀");
  refuses("", /expected label=value, .* got ""$/);
  refuses("host", /got "host"$/);
  refuses("=a", /got "=a"$/);
  refuses("!=a", /got "!=a"$/);
  refuses("host!a", /got "host!a"$/);
  refuses("host~a", /got "host~a"$/);
  refuses(`h${"x".repeat(500)}`, /got "hx{76}…"$/);
  refuses("host=~(", /^"\(" is not an RE2 expression: .*missing closing \)/);
  refuses("host=~*", /missing argument to repetition/);
  refuses("host=~(a)\\1", /invalid escape sequence/);
  refuses("host=~a(?!b)", /invalid or unsupported Perl syntax/);
  refuses("host=~(a{1000}){1000}", /invalid repeat count/);
});

describe("found", () => {
  finds("a=x", "x", true);
  finds("a=x", "X", false);
  finds("a=x", "xx", false);
  finds("a!=x", "x", false);
  finds("a!=x", "", true);
  finds("a=", "", true);
  finds("a=~x|y", "y", true);
  finds("a=~x|y", "xy", false);
  finds("a=~web.*", "web1", true);
  finds("a=~web", "web1", false);
  finds("a=~eb1", "web1", false);
  finds("a=~^web1$", "web1", true);
  finds("a=~.*", "", true);
  finds("a=~.*", "two\nlines", true);
  finds("a=~(?i)WEB.", "web1", true);
  finds("a=~.", "😀", true);
  finds("a=~[^a]", "\n", true);
  finds("a=~", "", true);
  finds("a=~", "x", false);
  finds("a!~", "x", true);
  finds("a!~web.*", "web1", false);
  finds("a!~web.*", "db", true);
  finds("b=", "x", true);
  finds("b!=x", "x", true);
  finds("b=~.+", "x", false);
});

test("an expression that hurts other engines is quick", () => {
  const matcher = parseMatcher("a=~(x+x+)+y");
  const started = performance.now();
  expect(matcher.ok && matchesAll([matcher.value], [["a", "x".repeat(1_000)]])).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});
