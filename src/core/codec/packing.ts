// Chooses how to pack a column of integers: the width that most of them need, and from which base.
// It must not write anything: any choice is read back alike, only the size differs.

export interface Packing {
  readonly base: number;
  readonly width: number;
  /** Estimated size, bits. */
  readonly cost: number;
}

const spread = new Uint16Array(64);
const rise = new Uint16Array(64);

/** Number of bits of an integer from 0 to 2^53. */
export const bitLength = (value: number): number =>
  value < 0x1_0000_0000 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 0x1_0000_0000);

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** A typical value, which no few outliers can move: the median of five. */
function pivotOf(x: Float64Array, n: number): number {
  const a = x[0]!;
  const b = x[n >> 2]!;
  const c = x[n >> 1]!;
  const d = x[(n * 3) >> 2]!;
  const e = x[n - 1]!;
  const low = Math.max(Math.min(a, b), Math.min(c, d));
  const high = Math.min(Math.max(a, b), Math.max(c, d));
  return Math.max(Math.min(low, high), Math.min(Math.max(low, high), e));
}

/** Bits of an exception that needs so many bits more than the width: a gap and a zigzag varint. */
const EXCEPTION_COST = Uint8Array.from(
  { length: 64 },
  (_, more) => 8 + 8 * Math.ceil((more + 1) / 7),
);

/** The width at which packed bits and exceptions cost least, given how many need how many bits. */
function cheapest(lengths: Uint16Array, n: number, full: number): { width: number; cost: number } {
  let width = full;
  let cost = n * full;
  // Zigzag doubles a number, so that lengths go up to full + 1.
  for (let w = 0; w < full; w++) {
    let bits = n * w + 8;
    for (let length = full + 1; length > w && bits < cost; length--)
      bits += lengths[length]! * EXCEPTION_COST[length - w]!;
    if (bits < cost) {
      width = w;
      cost = bits;
    }
  }
  return { width, cost };
}

/** The best base and width for the first n ≥ 1 of x. */
export function choosePacking(x: Float64Array, n: number): Packing {
  let low = x[0]!;
  let high = low;
  for (let i = 1; i < n; i++) {
    const value = x[i]!;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  const full = bitLength(high - low);
  const plain = { base: low, width: full, cost: n * full + bitLength(zigzag(low)) };
  if (n < 8 || n * full <= 24) return plain;
  const pivot = pivotOf(x, n);
  spread.fill(0);
  rise.fill(0);
  for (let i = 0; i < n; i++) {
    const value = x[i]!;
    const length = bitLength(zigzag(value - pivot));
    spread[length] = spread[length]! + 1;
    const above = bitLength(value - low);
    rise[above] = rise[above]! + 1;
  }
  const fromLow = cheapest(rise, n, full);
  const around = cheapest(spread, n, full);
  if (around.cost >= fromLow.cost)
    return {
      base: low,
      width: fromLow.width,
      cost: fromLow.cost + bitLength(zigzag(low)),
    };
  // The window around the pivot starts at its lowest member: no member leaves it, some may enter.
  const reach = 2 ** around.width;
  let base = pivot;
  for (let i = 0; i < n; i++) if (x[i]! < base && zigzag(x[i]! - pivot) < reach) base = x[i]!;
  return { base, width: around.width, cost: around.cost + bitLength(zigzag(base)) };
}
