// What words find in names and labels, and what of them is marked.

import { describe, expect, test } from "vitest";
import { fold, forgivingly, literally, marksOf, wordsOf } from "../../../src/core/series/words.ts";

const found = (word: string, text: string): number | undefined =>
  forgivingly(fold(word).text, fold(text));

describe("as it is typed", () => {
  const is = (word: string, text: string): number | undefined =>
    literally(fold(word).text, fold(text));
  test("at the start of the text", () => expect(is("cpu", "cpu.load")).toBe(0));
  test("at the start of a part", () => expect(is("load", "cpu.load")).toBe(0));
  test("within a part", () => expect(is("oad", "cpu.load")).toBe(1));
  test("not at all", () => expect(is("disk", "cpu.load")).toBeUndefined());
  test("in any case", () => expect(is("CPU", "Cpu")).toBe(0));
  test("at a hump", () => expect(is("count", "requestCount")).toBe(0));
  test("at a number", () => expect(is("5", "load5")).toBe(0));
  test("without the diacritics of the name", () => expect(is("larm", "LÄRM")).toBe(0));
  test("with diacritics that the name has not", () => expect(is("lärm", "larm")).toBe(0));
  test("whatever way a letter is written", () => expect(is("la\u0308rm", "LÄRM")).toBe(0));
  test("letters that are two", () => expect(is("strasse", "Straße")).toBe(0));
  test("behind letters that are two", () => expect(is("zahl", "Maß.Zahl")).toBe(0));
  test("with a stroke", () => expect(is("lodz", "Łódź")).toBe(0));
});

describe("with typing errors", () => {
  test("a letter is wrong", () => expect(found("tempezature", "room.temperature")).toBe(3));
  test("two letters are wrong", () => expect(found("tenpezature", "room.temperature")).toBe(4));
  test("three are too many", () => expect(found("tanpezature", "temperature")).toBeUndefined());
  test("a letter is missing", () => expect(found("reqests", "http.requests")).toBe(3));
  test("a letter is too many", () => expect(found("loadd", "cpu.load")).toBe(3));
  test("neighbours have changed places", () => expect(found("htpt", "http.time")).toBe(3));
  test("while the word is being typed", () => expect(found("tmep", "temperature")).toBe(3));
  test("short words have none", () => expect(found("cpi", "cpu")).toBeUndefined());
  test("numbers have none", () => expect(found("web-2", "web-1")).toBeUndefined());
  test("with a sign left out", () => expect(found("httpserver", "http.server.time")).toBe(3));
  test("with another sign", () => expect(found("http-server", "http_server_time")).toBe(2));
  test("not within a part", () => expect(found("oadd", "cpu.load")).toBeUndefined());
});

describe("words", () => {
  const texts = (search: string): string[] => wordsOf(search).map(({ text }) => text);
  test("are parted by white space", () => expect(texts("  b  A ")).toEqual(["b", "a"]));
  test("count once", () => expect(texts("a A á")).toEqual(["a"]));
  test("are none in nothing", () => expect(texts(" ")).toEqual([]));
  test("are eight at most", () => expect(texts("a b c d e f g h i j")).toHaveLength(8));
  test("may be a label with its value", () =>
    expect(wordsOf("Host=Web=1")).toEqual([{ text: "host=web=1", pair: ["host", "web=1"] }]));
});

describe("marks", () => {
  const marked = (search: string, text: string): string =>
    marksOf(wordsOf(search), text)
      .toReversed()
      .reduce(
        (all, [start, end]) => `${all.slice(0, start)}[${all.slice(start, end)}]${all.slice(end)}`,
        text,
      );
  test("each word", () => expect(marked("load cpu", "cpu.load")).toBe("[cpu].[load]"));
  test("each place", () => expect(marked("o", "foo.o")).toBe("f[oo].[o]"));
  test("overlapping words as one", () => expect(marked("cpul pulo", "cpulo")).toBe("[cpulo]"));
  test("letters as they are", () => expect(marked("larm", "der LÄRM")).toBe("der [LÄRM]"));
  test("with their diacritics", () => expect(marked("la", "la\u0308.x")).toBe("[la\u0308].x"));
  test("a letter that is two whole", () => expect(marked("stras", "Straße")).toBe("[Straß]e"));
  test("beside a pair of surrogates", () => expect(marked("b", "😀b😀")).toBe("😀[b]😀"));
  test("what a mistyped word means", () =>
    expect(marked("tempezature", "room.temperature.max")).toBe("room.[temperature].max"));
  test("nothing", () => expect(marked("disk", "cpu.load")).toBe("cpu.load"));
  test("of a pair", () => expect(marked("host=web", "host=web-1")).toBe("[host=web]-1"));
});
