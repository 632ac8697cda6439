// Words find in a text what stands in it, however it is written; marks lie in the text, apart and in order.

import fc from "fast-check";
import { expect, test } from "vitest";
import { fold, forgivingly, literally, marksOf, wordsOf } from "../../../src/core/series/words.ts";

const character = fc.constantFrom(..."aAäÄbBßSsłLİıé.-_ 1", "a\u0308", "😀", "ﬁ", "Ⅳ", "が");
const text = fc.string({ unit: character, maxLength: 12 });
const any = fc.string({ unit: "grapheme", maxLength: 12 }).filter((one) => one.isWellFormed());
const texts = fc.oneof(text, any);

test("what is folded stays so, part by part, and knows where it came from", () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const { text: folded, at } = fold(a);
      expect(fold(folded).text).toBe(folded);
      expect(fold(a + b).text).toBe(folded + fold(b).text);
      if (at === undefined) return;
      expect(at).toHaveLength(folded.length + 1);
      expect(at).toEqual(at.toSorted((x, y) => x - y));
      expect(at.at(-1)).toBe(a.length);
    }),
    { numRuns: 1_000 },
  );
});

test("each part of a text is found in it, in any form of Unicode", () => {
  fc.assert(
    fc.property(texts, texts, texts, (before, part, after) => {
      const word = fold(part).text;
      fc.pre(word !== "");
      for (const form of ["NFC", "NFD"] as const)
        expect(literally(word, fold((before + part + after).normalize(form)))).toBeDefined();
    }),
    { numRuns: 1_000 },
  );
});

test("one error in a word of four letters is forgiven, two are not in one of fewer than eight", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."abcdefgh"), minLength: 4, maxLength: 7 });
  fc.assert(
    fc.property(letters, fc.nat(6), fc.constantFrom("x", ""), (word, place, instead) => {
      const at = place % word.length;
      const wrong = word.slice(0, at) + instead + word.slice(at + 1);
      if (wrong.length >= 4) expect(forgivingly(wrong, fold(`one.${word}`))).toBeDefined();
      expect(forgivingly(`yz${word.slice(2)}`, fold(word))).toBeUndefined();
    }),
  );
});

test("two neighbours that changed places are one error; signs none; with another digit it is another", () => {
  const costOf = (word: string, text: string) => forgivingly(word, fold(text));
  expect(costOf("tempreature", "room.Temperature")).toBe(3);
  expect(costOf("temprature_rom", "temperature.room")).toBe(4);
  expect(costOf("web-1", "host.web_1")).toBe(2);
  expect(costOf("web-1", "host.web_2")).toBeUndefined();
  expect(costOf("kuchne", "Küche")).toBe(3);
});

test("marks lie in the text, apart and in order, and hold what was searched for", () => {
  fc.assert(
    fc.property(texts, texts, (search, of) => {
      const words = wordsOf(search);
      const marks = marksOf(words, of);
      let end = -1;
      for (const mark of marks) {
        expect(mark[0]).toBeGreaterThan(end);
        expect(mark[1]).toBeGreaterThan(mark[0]);
        [, end] = mark;
        expect(of.slice(...mark).isWellFormed()).toBe(true);
      }
      expect(end).toBeLessThanOrEqual(of.length);
      const isFound = words.some(({ text: word }) => forgivingly(word, fold(of)) !== undefined);
      if (isFound) expect(marks).not.toHaveLength(0);
    }),
    { numRuns: 1_000 },
  );
});
