// Makes blocks of snappy, for tests: of elements that are given, or of a body as literals.

/** Literal bytes, or a copy of `length` bytes from `offset` back, as an element of that kind. */
export type Element =
  | { readonly literal: readonly number[] }
  | { readonly length: number; readonly offset: number; readonly kind: 1 | 2 | 3 };

const little = (value: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function literal(bytes: readonly number[]): number[] {
  const less = bytes.length - 1;
  if (less < 60) return [less * 4, ...bytes];
  const size = less < 2 ** 8 ? 1 : less < 2 ** 16 ? 2 : less < 2 ** 24 ? 3 : 4;
  return [(59 + size) * 4, ...little(less, size), ...bytes];
}

export function block(elements: readonly Element[], length: number): Uint8Array<ArrayBuffer> {
  const parts = elements.map((one) => {
    if ("literal" in one) return literal(one.literal);
    const { length, offset, kind } = one;
    if (kind === 1) return [Math.floor(offset / 256) * 32 + (length - 4) * 4 + 1, offset % 256];
    return [(length - 1) * 4 + kind, ...little(offset, kind === 2 ? 2 : 4)];
  });
  return Uint8Array.from([...varint(length), ...parts.flat()]);
}

/** The body as literals, in parts of up to 64 KB, as an encoder that finds nothing to copy. */
export function snappy(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const elements: Element[] = [];
  for (let at = 0; at < body.length; at += 65_536)
    elements.push({ literal: [...body.subarray(at, at + 65_536)] });
  return block(elements, body.length);
}
