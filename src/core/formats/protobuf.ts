// Walks the wire format of protobuf (protobuf.dev, "Encoding") over bytes: the decoders of remote write
// and OTLP go through messages field by field, with no object a field. It knows no message.

/** The wire types that are in use; groups (3 and 4) are not. */
export const VARINT: number = 0;
export const FIXED64: number = 1;
export const BYTES: number = 2;
export const FIXED32: number = 5;

const TWO_32 = 0x1_0000_0000;

/**
 * A place in bytes. What runs past the end, or is none of the wire format, makes it `broken` and puts it
 * to the end, so that every loop over fields ends: who walks asks for that once, when it is through.
 */
export class ProtoReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;
  broken = false;
  /** Of the field whose tag was read last. */
  wire = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The number of the next field of a message that ends at `end`; 0 at its end. */
  field(end: number): number {
    if (this.at >= end) {
      if (this.at > end) this.fail();
      return 0;
    }
    const first = this.bytes[this.at]!;
    // Nearly all: one byte, and no field 0.
    if (first < 0x80 && first > 7) {
      this.at++;
      this.wire = first & 7;
      return first >>> 3;
    }
    const tag = this.varint();
    this.wire = tag & 7;
    // A number is below 2^29; what has more bits is none that anyone reads.
    const number = tag < TWO_32 ? tag >>> 3 : tag;
    // Field 0 is none, and would end a loop early.
    if (number === 0) this.fail();
    return number;
  }

  /** An unsigned integer, exact up to 2^53. */
  varint(): number {
    const { bytes } = this;
    let at = this.at;
    let byte = bytes[at++];
    if (byte === undefined) return this.fail();
    if (byte < 0x80) {
      this.at = at;
      return byte;
    }
    // Four bytes are 28 bits: integers of 32 bits that far.
    let value = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = bytes[at++];
      if (byte === undefined) return this.fail();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
    }
    let whole = value;
    for (let i = 0, weight = 0x1000_0000; i < 6; i++, weight *= 0x80) {
      byte = bytes[at++];
      if (byte === undefined) return this.fail();
      whole += (byte & 0x7f) * weight;
      if (byte < 0x80) {
        this.at = at;
        return whole;
      }
    }
    return this.fail();
  }

  /** A signed integer in two's complement (int64), exact up to 2^53 on both sides. */
  int64(): number {
    const from = this.at;
    const value = this.varint();
    // Ten bytes are needed for nothing but a set sign.
    if (this.at - from < 10) return value;
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const bits = this.bytes[from + i]! & 0x7f;
      if (i < 4) low += bits * 2 ** (7 * i);
      else if (i === 4) {
        low += (bits & 0xf) * 2 ** 28;
        high = bits >>> 4;
      } else high += bits * 2 ** (7 * i - 32);
    }
    return ((high % TWO_32) | 0) * TWO_32 + low;
  }

  /** An integer of 32 bits whose sign is its lowest bit (sint32). */
  sint32(): number {
    const value = this.varint() >>> 0;
    return (value >>> 1) ^ -(value & 1);
  }

  /** The end of the bytes of a field, with the place at their beginning; within `end`. */
  end(end: number): number {
    const first = this.bytes[this.at]!;
    const length = first < 0x80 ? (this.at++, first) : this.varint();
    if (length > end - this.at) {
      this.fail();
      return this.at;
    }
    return this.at + length;
  }

  double(): number {
    const { at } = this;
    if (at + 8 > this.bytes.length) return this.fail();
    this.at = at + 8;
    return this.view.getFloat64(at, true);
  }

  /** Passes over the value of the field whose tag was read last. */
  skip(end: number): void {
    switch (this.wire) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.at += 8;
        return;
      case BYTES:
        this.at = this.end(end);
        return;
      case FIXED32:
        this.at += 4;
        return;
      default:
        this.fail();
    }
  }

  fail(): 0 {
    this.broken = true;
    this.at = this.bytes.length;
    return 0;
  }
}
