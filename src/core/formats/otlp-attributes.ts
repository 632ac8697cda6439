// Attributes of OTLP as protobuf: pairs of names and texts, whatever their values are.
//
//   KeyValue      key = 1, value = 2
//   AnyValue      string = 1, bool = 2, int = 3, double = 4, array = 5, kvlist = 6, bytes = 7
//   ArrayValue    values = 1
//   KeyValueList  values = 1

import { toBase64 } from "../codec/bytes.ts";
import * as LIMITS from "../limits.ts";
import { BYTES, FIXED64, type ProtoReader, VARINT } from "./protobuf.ts";
import { textIn } from "./utf8.ts";

/** A value as JSON has it; bytes as base64. */
export type Plain =
  string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** The KeyValue up to `to`; undefined when it is not UTF-8. */
export function keyValue(proto: ProtoReader, to: number): readonly [string, string] | undefined {
  const pair = pairOf(proto, to, 0);
  return pair && [pair[0], textOf(pair[1])];
}

/** A value that is more than one is JSON. */
export const textOf = (value: Plain): string =>
  typeof value === "string"
    ? value
    : typeof value === "object"
      ? value === null
        ? ""
        : JSON.stringify(value)
      : String(value);

function pairOf(
  proto: ProtoReader,
  to: number,
  depth: number,
): readonly [string, Plain] | undefined {
  let key: string | undefined = "";
  let value: Plain | undefined = null;
  for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (proto.wire !== BYTES) {
      proto.skip(to);
      continue;
    }
    const end = proto.end(to);
    if (field === 1) key = textIn(proto.bytes, proto.at, end);
    else if (field === 2) value = anyValue(proto, end, depth);
    if (key === undefined || value === undefined) return undefined;
    proto.at = end;
  }
  return [key, value];
}

function anyValue(proto: ProtoReader, to: number, depth: number): Plain | undefined {
  if (depth > LIMITS.jsonDepth) {
    proto.fail();
    return null;
  }
  let value: Plain | undefined = null;
  for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (field === 2 && proto.wire === VARINT) value = proto.varint() !== 0;
    else if (field === 3 && proto.wire === VARINT) value = integer(proto);
    else if (field === 4 && proto.wire === FIXED64) value = proto.double();
    else if (proto.wire !== BYTES) proto.skip(to);
    else {
      const end = proto.end(to);
      if (field === 1) value = textIn(proto.bytes, proto.at, end);
      else if (field === 5) value = arrayOf(proto, end, depth);
      else if (field === 6) value = objectOf(proto, end, depth);
      else if (field === 7) value = padded(toBase64(proto.bytes.subarray(proto.at, end)));
      if (value === undefined) return undefined;
      proto.at = end;
    }
  }
  return value;
}

function arrayOf(proto: ProtoReader, to: number, depth: number): Plain | undefined {
  const values: Plain[] = [];
  for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (field !== 1 || proto.wire !== BYTES) {
      proto.skip(to);
      continue;
    }
    const value = anyValue(proto, proto.end(to), depth + 1);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function objectOf(proto: ProtoReader, to: number, depth: number): Plain | undefined {
  const pairs: (readonly [string, Plain])[] = [];
  for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (field !== 1 || proto.wire !== BYTES) {
      proto.skip(to);
      continue;
    }
    const pair = pairOf(proto, proto.end(to), depth + 1);
    if (pair === undefined) return undefined;
    pairs.push(pair);
  }
  return Object.fromEntries(pairs);
}

/** As a text where a double would be another number. */
function integer(proto: ProtoReader): number | string {
  const from = proto.at;
  const value = proto.int64();
  if (Number.isSafeInteger(value)) return value;
  let exact = 0n;
  for (let i = from; i < proto.at; i++)
    exact |= BigInt(proto.bytes[i]! & 0x7f) << BigInt(7 * (i - from));
  return String(BigInt.asIntN(64, exact));
}

/** As JSON of OTLP has it. */
const padded = (base64: string): string => base64.padEnd(Math.ceil(base64.length / 4) * 4, "=");
