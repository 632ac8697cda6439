// What the API says when storage fails: by the platform's messages, as they were seen.

import { expect, test } from "vitest";
import { troubleOf } from "../../../src/worker/trouble.ts";

test.each([
  ["database or disk is full: SQLITE_FULL", "its disk is full"],
  ["D1_ERROR: database disk image is malformed: SQLITE_CORRUPT", "its database is damaged"],
  ["D1_ERROR: file is not a database: SQLITE_NOTADB", "its database is damaged"],
  ["disk I/O error: SQLITE_IOERR_WRITE", "its files cannot be read or written"],
  [
    "D1_ERROR: Exceeded maximum DB size: SQLITE_TOOBIG",
    expect.stringMatching(/is full; add one, .* on the free plan .* fewer days, .* the paid plan/),
  ],
  ["internal error; reference = olq9upglmk2nhum8", "the runtime failed, and its log says why"],
  ["Network connection lost.", undefined],
  ["no such column: SQLITE_ERROR at offset 7", undefined],
])("%s", (message, words) => {
  expect(troubleOf(message)).toEqual(words);
});
