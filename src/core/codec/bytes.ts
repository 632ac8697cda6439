// Reading and writing of bytes: varints, doubles, text, base64. Every stored format is made of these.
// It must not know what the bytes mean.

/** Thrown by a reader that runs past its end, or meets what its writer cannot have written. */
export class CorruptBytes extends Error {
  override name = "CorruptBytes";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A growing buffer. Multi-byte numbers are little-endian. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** LEB128: seven bits a byte, low first. `value` is an integer from 0 to 2^53 − 1. */
  varint(value: number): void {
    this.#reserve(8);
    // Beyond 31 bits the operators of integers do not reach.
    while (value > 0x7fff_ffff) {
      this.#bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    let rest = value | 0;
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
  }

  /** A signed integer as a varint, small magnitudes first: 0, −1, 1, −2, …; |value| < 2^52. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  /** UTF-8 behind its length in bytes. */
  text(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  /** What was written, without a copy: good until more is. `length` may be set back to 0. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what a `ByteWriter` wrote. @throws CorruptBytes */
export class ByteReader {
  /** What is read, up to `end`; behind it there may be anything. */
  readonly source: Uint8Array;
  readonly end: number;
  /** Made when it is needed: most segments have no double as it is. */
  #view: DataView | undefined;
  /** Index of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, end = bytes.length, from = 0) {
    this.source = bytes;
    this.end = end;
    this.at = from;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    if (this.at >= this.end) throw new CorruptBytes("ends too early");
    return this.source[this.at++]!;
  }

  varint(): number {
    let value = this.u8();
    if (value < 0x80) return value;
    value -= 0x80;
    let scale = 0x80;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
      // Eight bytes hold 56 bits; a ninth can add nothing that a writer wrote.
      if (scale > 2 ** 49) throw new CorruptBytes("a varint is over 2^53 − 1");
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new CorruptBytes("a varint is over 2^53 − 1");
    return value;
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  f64(): number {
    if (this.left < 8) throw new CorruptBytes("ends too early");
    const { buffer, byteOffset, byteLength } = this.source;
    this.#view ??= new DataView(buffer, byteOffset, byteLength);
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** A view of the next `length` bytes; shares memory with the input. */
  bytes(length: number): Uint8Array {
    const from = this.skip(length);
    return this.source.subarray(from, this.at);
  }

  /** Steps over `length` bytes; returns the index of the first in `source`. */
  skip(length: number): number {
    if (this.left < length) throw new CorruptBytes("ends too early");
    const from = this.at;
    this.at = from + length;
    return from;
  }

  text(): string {
    const bytes = this.bytes(this.varint());
    try {
      return decoder.decode(bytes);
    } catch {
      throw new CorruptBytes("a text is not UTF-8");
    }
  }
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES = new Uint8Array(64);
/** −1 for what is no letter of the alphabet, so that it shows in the sign of what it is put into. */
const SEXTETS = new Int8Array(256).fill(-1);
for (let i = 0; i < 64; i++) {
  CODES[i] = ALPHABET.charCodeAt(i);
  SEXTETS[CODES[i]!] = i;
}

/** The letters under work: texts are made by the thousand, and arrays are not freed at once. */
let letters = new Uint8Array(4_096);

/** Base64 of RFC 4648 section 4, without padding: the length already says how the text ends. */
export function toBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  const needed = Math.ceil((length * 4) / 3);
  if (letters.length < needed) letters = new Uint8Array(2 * needed);
  const text = letters;
  let out = 0;
  let i = 0;
  for (; i + 2 < length; i += 3, out += 4) {
    const three = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    text[out] = CODES[three >> 18]!;
    text[out + 1] = CODES[(three >> 12) & 63]!;
    text[out + 2] = CODES[(three >> 6) & 63]!;
    text[out + 3] = CODES[three & 63]!;
  }
  if (i < length) {
    const two = (bytes[i]! << 8) | (i + 1 < length ? bytes[i + 1]! : 0);
    text[out] = CODES[two >> 10]!;
    text[out + 1] = CODES[(two >> 4) & 63]!;
    if (i + 1 < length) text[out + 2] = CODES[(two << 2) & 63]!;
  }
  return decoder.decode(text.subarray(0, needed));
}

/** How many bytes a text of so many letters stands for. */
export const base64Bytes = (letters: number): number => Math.floor((letters * 3) / 4);

/**
 * Reads `toBase64` back: no padding, no spaces, no bits beyond the last byte. `bytes` has room for at
 * least `base64Bytes`; what is answered is the first of them. @throws CorruptBytes
 */
export function fromBase64(
  text: string,
  bytes: Uint8Array & EngineBase64 = new Uint8Array(base64Bytes(text.length)),
): Uint8Array {
  return bytes.setFromBase64 === undefined ? byLetters(text, bytes) : byEngine(text, bytes);
}

/** What engines have of their own since 2025, ten times as fast. */
interface EngineBase64 {
  setFromBase64?(
    text: string,
    how: { readonly lastChunkHandling: "loose" },
  ): { readonly written: number };
}

function byEngine(text: string, bytes: Uint8Array & EngineBase64): Uint8Array {
  const { length } = text;
  const size = base64Bytes(length);
  const more = length & 3;
  const last = SEXTETS[text.charCodeAt(length - 1) & 0xff]!;
  const beyond = more === 2 ? last & 15 : more === 3 ? last & 3 : more;
  try {
    // Spaces and padding, which it passes over, leave fewer bytes.
    const done = bytes.setFromBase64?.(text, { lastChunkHandling: "loose" }).written;
    if (beyond === 0 && done === size) return bytes.subarray(0, size);
  } catch {
    // It says where, which is of no use here.
  }
  throw new CorruptBytes("is not base64");
}

function byLetters(text: string, bytes: Uint8Array): Uint8Array {
  const { length } = text;
  let sextets = 0;
  let codes = 0;
  let out = 0;
  let i = 0;
  for (; i + 3 < length; i += 4, out += 3) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    const three =
      (SEXTETS[a & 0xff]! << 18) |
      (SEXTETS[b & 0xff]! << 12) |
      (SEXTETS[c & 0xff]! << 6) |
      SEXTETS[d & 0xff]!;
    sextets |= three;
    codes |= a | b | c | d;
    bytes[out] = three >> 16;
    bytes[out + 1] = three >> 8;
    bytes[out + 2] = three;
  }
  let rest = 0;
  const more = length - i;
  for (; i < length; i++) {
    const code = text.charCodeAt(i);
    rest = (rest << 6) | SEXTETS[code & 0xff]!;
    codes |= code;
  }
  if (more === 2) bytes[out] = rest >> 4;
  else if (more === 3) {
    bytes[out] = rest >> 10;
    bytes[out + 1] = rest >> 2;
  }
  const beyond = more === 2 ? rest & 15 : more === 3 ? rest & 3 : more;
  if ((sextets | rest) < 0 || codes > 0xff || beyond !== 0) throw new CorruptBytes("is not base64");
  return bytes.subarray(0, base64Bytes(length));
}
