// Matchers as text: how they are read and written, what they find, and what is refused.

import { describe, expect, test } from "vitest";
import { formatMatcher, type Operator, parseMatcher } from "../../../src/core/query/filter.ts";
import { compileMatchers, type Matcher, Work } from "../../../src/core/query/matcher.ts";
import { err, ok, type Result } from "../../../src/core/result.ts";

const compiled = (text: string): Result<Matcher, string> => {
  const parts = parseMatcher(text);
  if (!parts.ok) return parts;
  const matchers = compileMatchers([parts.value]);
  if (matchers.ok) return ok(matchers.value[0]!);
  return err(matchers.error.kind === "invalid" ? matchers.error.message : matchers.error.limit);
};
const reads = (text: string, label: string, op: string, value: string): void =>
  test(text, () => {
    expect(compiled(text)).toMatchObject({ ok: true, value: { label, op, value } });
  });
/** Read, and written as it was: the shortest way. */
const writes = (text: string, label: string, op: Operator, value: string): void => {
  reads(text, label, op, value);
  test(`${text} is how it is written`, () => {
    expect(formatMatcher({ label, op, value })).toBe(text);
  });
};
const refuses = (text: string, error: RegExp): void =>
  test(`"${text}" is refused`, () => {
    expect(compiled(text)).toEqual({ ok: false, error: expect.stringMatching(error) });
  });
const finds = (text: string, value: string, found: boolean): void =>
  test(`${text} ${found ? "finds" : "does not find"} "${value}"`, () => {
    const matcher = compiled(text);
    expect(matcher.ok && new Work().matches([matcher.value], [["a", value]])).toBe(found);
  });

describe("without quotes", () => {
  writes("host=a", "host", "=", "a");
  writes("host!=a", "host", "!=", "a");
  writes("host=~a.*", "host", "=~", "a.*");
  writes("host!~a.*", "host", "!~", "a.*");
  writes("host=", "host", "=", "");
  reads("host==a", "host", "=", "=a");
  writes("host=a=b", "host", "=", "a=b");
  writes("host=a!=b", "host", "=", "a!=b");
  writes("a b.c/d=x y", "a b.c/d", "=", "x y");
  writes("host=a\nb", "host", "=", "a\nb");
  writes("é=😀", "é", "=", "😀");
  writes("a~b=c", "a~b", "=", "c");
  writes("host=a\\b", "host", "=", "a\\b");
  writes('host=a"b"', "host", "=", 'a"b"');
  reads("host= a", "host", "=", " a");
});

describe("in quotes", () => {
  writes('dir="~alice"', "dir", "=", "~alice");
  writes('dir!="~alice"', "dir", "!=", "~alice");
  writes('dir=~"~alice"', "dir", "=~", "~alice");
  writes('host="=a"', "host", "=", "=a");
  writes('"a=b"="=c"', "a=b", "=", "=c");
  writes('"a!"!=c', "a!", "!=", "c");
  writes('"a!~b"!~c', "a!~b", "!~", "c");
  writes('host="\\"a\\""', "host", "=", '"a"');
  writes('host=" a\\n\\\\"', "host", "=", " a\n\\");
  writes('host="a "', "host", "=", "a ");
  reads('"host"="a"', "host", "=", "a");
  reads('host=""', "host", "=", "");
  reads('host=~"web\\\\.\\\\d"', "host", "=~", "web\\.\\d");
});

describe("refused", () => {
  refuses("", /expected label=value, .* got ""$/);
  refuses("host", /got "host"$/);
  refuses("=a", /got "=a"$/);
  refuses("!=a", /got "!=a"$/);
  refuses("host!a", /got "host!a"$/);
  refuses("host~a", /got "host~a"$/);
  refuses(`h${"x".repeat(500)}`, /got "hx{76}…"$/);
  refuses('"host', /^"\\"host": a quote is not closed$/);
  refuses('host="a', /a quote is not closed$/);
  refuses('host="a\\"', /a quote is not closed$/);
  refuses('host="a\\d"', /a backslash stands before ", \\ or n only; .* written \\\\$/);
  refuses('host="a"b"', /^expected nothing after the closing quote, got "b\\""; /);
  refuses('"host"', /^expected label=value/);
  refuses('"host"a=b', /^expected label=value/);
  refuses('""=a', /^expected label=value/);
  refuses("host = a", /^the label "host " starts or ends with white space/);
  refuses("host!=~a.*", /!=~ is no operator\. .* write !~, .* quote it: host!="~a\.\*"$/);
  refuses("host=~(", /^"\(" is not an RE2 expression: .*missing closing \)/);
  refuses("host=~*", /missing argument to repetition/);
  refuses("host=~(a)\\1", /invalid escape sequence/);
  refuses("host=~a(?!b)", /invalid or unsupported Perl syntax/);
  refuses("host=~(a{1000}){1000}", /^regexSize$/);
  refuses("host=~(a{99}){11}", /invalid repeat count/);
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
  const matcher = compiled("a=~(x+x+)+y");
  const started = performance.now();
  expect(matcher.ok && new Work().matches([matcher.value], [["a", "x".repeat(1_000)]])).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});
