// Bytes of a journal row as they are stored: what was written comes back, what is not known is refused.

import { expect, test } from "vitest";
import { CorruptBytes } from "../../../src/core/codec/bytes.ts";
import { dayOf } from "../../../src/core/tiers.ts";
import { decodeJournal, encodeJournal } from "../../../src/durable/journal.ts";

const AT = 1_795_420_486_645;
const entries = [
  { once: undefined, batch: Uint8Array.of(1, 2, 3) },
  {
    once: {
      key: "a digest",
      remembered: { fingerprint: 2 ** 53 - 1, accepted: 300, from: AT, to: AT + 1, born: 7 },
    },
    batch: new Uint8Array(),
  },
];
const counters = {
  day: dayOf(AT),
  d1RowsWritten: 1,
  d1RowsRead: 2,
  shardRowsWritten: 3,
  shardRequests: 4,
};
const row = { at: AT, counters, entries };
/** Bytes before the first entry. */
const HEAD = 1 + 8 + 4 + 1;

test("entries come back as they were", () => {
  expect(decodeJournal(encodeJournal(row))).toEqual(row);
});

test("an entry of a kind that is not known is refused, not skipped", () => {
  const bytes = encodeJournal(row);
  expect(bytes[HEAD]).toBe(1);
  for (const kind of [0, 3, 255]) {
    bytes[HEAD] = kind;
    expect(() => decodeJournal(bytes)).toThrow(CorruptBytes);
    expect(() => decodeJournal(bytes)).toThrow(`kind ${kind}`);
  }
});

test("bytes that are cut off are refused", () => {
  const bytes = encodeJournal(row);
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeJournal(bytes.subarray(0, length)), `${length}`).toThrow(CorruptBytes);
});
