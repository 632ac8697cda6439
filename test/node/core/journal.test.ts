// Bytes of a journal row as they are stored: what was written comes back, what is not known is refused.

import { expect, test } from "vitest";
import { CorruptBytes } from "../../../src/core/codec/bytes.ts";
import { encodeBatch } from "../../../src/core/series/batch.ts";
import { dayOf } from "../../../src/core/tiers.ts";
import { decodeJournal, encodeJournal } from "../../../src/durable/journal.ts";

const AT = 1_795_420_486_645;
const KEYS = ["a{}", "b{}", "c{}", "d{}"];
const batch = {
  series: ["d{}", "b{}"],
  index: Uint8Array.of(0, 1, 0),
  at: Float64Array.of(AT, AT + 1, AT + 2),
  value: Float64Array.of(1, -0, 2.5),
};
const once = {
  key: "a digest",
  remembered: { fingerprint: 2 ** 53 - 1, accepted: 300, from: AT, to: AT + 1, born: 7 },
};
const encoded = encodeBatch(batch);
const entries = [
  { once: undefined, batch: encoded },
  { once, batch: encoded },
  { once: undefined, batch: encoded, numbers: [3, 1] },
  { once, batch: encoded, numbers: [3, 1] },
];
const counters = {
  day: dayOf(AT),
  d1RowsWritten: 1,
  d1RowsRead: 2,
  shardRowsWritten: 3,
  shardRequests: 4,
  pointsAccepted: 5,
  pointsRefused: { too_old: 6 },
  requestsRefused: { unauthorized: 300, too_large: 1 },
};
const head = { at: AT, counters, watermark: AT * 1_000 };
/** Bytes before the first entry. */
const HEAD = 1 + 8 + 5 + (1 + 8 + 1) + (1 + 13 + 2 + 10 + 1) + 8 + 1;

test("entries come back as they were", () => {
  expect(decodeJournal(encodeJournal(head, entries), KEYS)).toEqual({
    ...head,
    entries: entries.map(({ once }) => ({ once, batch })),
  });
});

test("series that the dictionary's rows hold are named by their numbers", () => {
  const bytes = encodeJournal(head, entries.slice(2, 3));
  const text = new TextDecoder("latin1").decode(bytes);
  for (const key of batch.series) expect(text).not.toContain(key);
  expect(() => decodeJournal(bytes, KEYS.slice(0, 3))).toThrow("series 3, which is none");
});

test("an entry of a kind that is not known is refused, not skipped", () => {
  const bytes = encodeJournal(head, entries);
  expect(bytes[HEAD]).toBe(1);
  for (const kind of [0, 3, 4, 7, 255]) {
    bytes[HEAD] = kind;
    expect(() => decodeJournal(bytes, KEYS)).toThrow(CorruptBytes);
    expect(() => decodeJournal(bytes, KEYS)).toThrow(`kind ${kind}`);
  }
});

test("bytes that are cut off are refused", () => {
  const bytes = encodeJournal(head, entries);
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeJournal(bytes.subarray(0, length), KEYS), `${length}`).toThrow(CorruptBytes);
});
