// What lines name, and what is remembered of it: a sender names the same series in each of its requests,
// and they are found again by their bytes. For line-protocol.ts.

import { type CheckedKey, checkedKey } from "../series/checked-key.ts";
import { quote } from "../text.ts";
import { ByteTable } from "./byte-table.ts";
import { EQUALS } from "./line-bytes.ts";
import type { LineField, LineName, LineSeries } from "./line-series.ts";
import { partEnd, unescaped } from "./line-text.ts";

/** By the bytes before the fields of a line. */
const names = new ByteTable<LineName>();
/** By those and the name of a field. */
const keys = new ByteTable<CheckedKey>();

/**
 * The measurement and the tags in bytes [start, end), or what is wrong with them. A space stands behind
 * them, which tells where they end.
 */
export function nameIn(bytes: Uint8Array, start: number, end: number): LineName | string {
  names.begin();
  names.put(bytes, start, end + 1);
  const known = names.find();
  if (known !== undefined) return known;
  const read = readName(bytes, start, end);
  if (typeof read !== "string") names.keep(read);
  return read;
}

function readName(bytes: Uint8Array, start: number, end: number): LineName | string {
  let at = partEnd(bytes, start, end, false);
  const measurement = unescaped(bytes, start, at, false);
  if (measurement === undefined) return "the measurement is not valid UTF-8";
  if (measurement === "") return "missing measurement";
  const tags: [string, string][] = [];
  while (at < end) {
    const keyStart = at + 1;
    const keyEnd = partEnd(bytes, keyStart, end, true);
    const key = unescaped(bytes, keyStart, keyEnd, true);
    if (key === undefined) return "a tag key is not valid UTF-8";
    if (key === "") return "missing tag key";
    if (bytes[keyEnd] !== EQUALS) return `missing value of tag ${quote(key)}`;
    at = partEnd(bytes, keyEnd + 1, end, true);
    const value = unescaped(bytes, keyEnd + 1, at, true);
    if (value === undefined) return `the value of tag ${quote(key)} is not valid UTF-8`;
    if (value === "") return `missing value of tag ${quote(key)}`;
    if (bytes[at] === EQUALS) return `the value of tag ${quote(key)} holds a bare =`;
    tags.push([key, value]);
  }
  return { measurement, tags };
}

/** The key of the series of a field, behind which stands =. */
export function keyIn(bytes: Uint8Array, { start, end, name }: LineSeries, field: LineField) {
  keys.begin();
  keys.put(bytes, start, end + 1);
  keys.put(bytes, field.start, field.end + 1);
  let key = keys.find();
  if (key === undefined) keys.keep((key = keyOf(bytes, name, field)));
  return key;
}

/** `measurement_field`; a field called `value` is the measurement itself. */
function keyOf(bytes: Uint8Array, { measurement, tags }: LineName, field: LineField): CheckedKey {
  const name = unescaped(bytes, field.start, field.end, true) ?? "";
  return checkedKey(name === "value" ? measurement : `${measurement}_${name}`, tags);
}
