// Random changes of a body: bytes set, put in, left out, and stretches that stand twice.

import fc from "fast-check";

const change = fc.record({
  at: fc.nat(),
  byte: fc.oneof(
    fc.nat(255),
    fc.constantFrom(...'0x,:;={}[]"\\ \n\r\0é'.split("")).map((c) => c.charCodeAt(0)),
  ),
  how: fc.constantFrom("set", "insert", "remove", "double"),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
export const several = fc.array(change, { minLength: 1, maxLength: 5 });

/** The body after these changes, one after the other. */
export function changed(body: Uint8Array, changes: readonly Change[]): Uint8Array {
  let bytes = [...body];
  for (const { at, byte, how } of changes) {
    if (bytes.length === 0) break;
    const i = at % bytes.length;
    if (how === "set") bytes[i] = byte;
    else if (how === "insert") bytes.splice(i, 0, byte);
    else if (how === "remove") bytes.splice(i, 1);
    else bytes = [...bytes.slice(0, i), ...bytes.slice(i >> 1)];
  }
  return Uint8Array.from(bytes);
}
