// Which texts the page takes for a token: all that a browser can send, and nothing else.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokenIssue } from "../../../src/ui/models/sign-in.ts";

test("what it takes can be sent, and arrives as it is", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."abc(){}[]<>@,;:\\\"/?='!*~ \n\t\u00e9\u200b🔑") }),
  );
  fc.assert(
    fc.property(text, (text) => {
      if (tokenIssue(text) !== undefined) return;
      const headers = new Headers({ authorization: `Bearer ${text}` });
      expect(headers.get("authorization")).toBe(`Bearer ${text}`);
    }),
    { numRuns: 2_000 },
  );
});

describe("it takes", () => {
  for (const text of ["s3cret", "a(b)c", "a/b+c=", "~'*!", '{"k":"v"}'])
    test(text, () => expect(tokenIssue(text)).toBeUndefined());
});

describe("it refuses, and says why:", () => {
  test.each([
    ["", "Type a token"],
    ["a b", "a space in it"],
    ["a\nb", "a space in it"],
    ["schlüssel", "“ü” in it"],
    ["🔑", "“🔑” in it"],
  ])("%j", (text, why) => expect(tokenIssue(text)).toContain(why));
});
