// A fast 128-bit hash of bytes: tells contents apart that nobody makes to meet. Not for secrets.

/** MurmurHash3, x86, 128 bits, seed 0 (Austin Appleby, public domain). */
export function hash128(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~15;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let at = 0; at < whole; at += 16) {
    a = rotl(a ^ mixedA(view.getInt32(at, true)), 19) + b;
    a = (Math.imul(a, 5) + 0x561ccd1b) | 0;
    b = rotl(b ^ mixedB(view.getInt32(at + 4, true)), 17) + c;
    b = (Math.imul(b, 5) + 0x0bcaa747) | 0;
    c = rotl(c ^ mixedC(view.getInt32(at + 8, true)), 15) + d;
    c = (Math.imul(c, 5) + 0x96cd1c35) | 0;
    d = rotl(d ^ mixedD(view.getInt32(at + 12, true)), 13) + a;
    d = (Math.imul(d, 5) + 0x32ac3b17) | 0;
  }
  // What is left, with zeros behind it: of zeros nothing is mixed in.
  const rest = new DataView(new ArrayBuffer(16));
  for (let at = whole; at < bytes.length; at++) rest.setUint8(at - whole, bytes[at]!);
  a ^= mixedA(rest.getInt32(0, true)) ^ bytes.length;
  b ^= mixedB(rest.getInt32(4, true)) ^ bytes.length;
  c ^= mixedC(rest.getInt32(8, true)) ^ bytes.length;
  d ^= mixedD(rest.getInt32(12, true)) ^ bytes.length;
  a += b + c + d;
  [a, b, c, d] = [avalanche(a), avalanche(b + a), avalanche(c + a), avalanche(d + a)];
  a += b + c + d;
  const hash = new DataView(new ArrayBuffer(16));
  [a, b + a, c + a, d + a].forEach((word, i) => hash.setInt32(i * 4, word, true));
  return new Uint8Array(hash.buffer);
}

const rotl = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const mixedA = (word: number): number => Math.imul(rotl(Math.imul(word, A), 15), B);
const mixedB = (word: number): number => Math.imul(rotl(Math.imul(word, B), 16), C);
const mixedC = (word: number): number => Math.imul(rotl(Math.imul(word, C), 17), D);
const mixedD = (word: number): number => Math.imul(rotl(Math.imul(word, D), 18), A);
const [A, B, C, D] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;

/** Each bit of the word touches each of the result. */
function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
