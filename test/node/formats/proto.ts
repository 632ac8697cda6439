// Writes protobuf, for tests: fields in the order that they are given in. It shares nothing with the
// reader that it tests.

export type Field = ArrayLike<number> & Iterable<number>;

/** Seven bits a byte, low first, of 64. */
export function varint(value: number | bigint): number[] {
  if (typeof value === "number" && value >= 0 && value < 128) return [value];
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const bits = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? bits : bits | 0x80);
  } while (rest !== 0n);
  return bytes;
}

const tag = (field: number, wire: number): number[] => varint(field * 8 + wire);

export const int = (field: number, value: number | bigint): Field => [
  ...tag(field, 0),
  ...varint(value),
];

/** An integer of 32 bits, its sign the lowest bit. */
export const sint = (field: number, value: number): Field =>
  int(field, value < 0 ? -2 * value - 1 : 2 * value);

const eight = (write: (view: DataView) => void): number[] => {
  const view = new DataView(new ArrayBuffer(8));
  write(view);
  return [...new Uint8Array(view.buffer)];
};

/** One after the other. Lists of numbers would take ten times as long, and some bodies have 100,000 points. */
function joined(parts: readonly Field[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const f64 = (value: number): number[] => eight((view) => view.setFloat64(0, value, true));
const u64 = (value: bigint): number[] => eight((view) => view.setBigUint64(0, value, true));

export const double = (field: number, value: number): Field => [...tag(field, 1), ...f64(value)];

export const fixed64 = (field: number, value: number | bigint): Field => [
  ...tag(field, 1),
  ...u64(BigInt.asUintN(64, BigInt(value))),
];

export const bytes = (field: number, content: Field): Field =>
  joined([tag(field, 2), varint(content.length), content]);

export const text = (field: number, content: string): Field =>
  bytes(field, new TextEncoder().encode(content));

export const message = (field: number, ...fields: readonly Field[]): Field =>
  bytes(field, joined(fields));

export const packed = (field: number, values: readonly (number | bigint)[]): Field =>
  bytes(field, values.flatMap(varint));

export const packedDoubles = (field: number, values: readonly number[]): Field =>
  bytes(field, values.flatMap(f64));

export const packedFixed64 = (field: number, values: readonly (number | bigint)[]): Field =>
  bytes(
    field,
    values.flatMap((value) => u64(BigInt(value))),
  );

/** A message alone. */
export const body = (fields: readonly Field[]): Uint8Array<ArrayBuffer> => joined(fields);
