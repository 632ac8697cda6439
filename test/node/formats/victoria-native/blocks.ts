// Writes native exports of VictoriaMetrics, of both layouts of a block; columns are not packed.

/** Of a block whose values are `mantissas` × 10^scale. */
export interface Written {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly times: readonly bigint[];
  readonly mantissas: readonly bigint[];
  readonly scale?: number;
  /** Undefined: the layout before version 1.82. */
  readonly precision: number | undefined;
  /** How columns are packed; absent: as steps. */
  readonly kind?: 2 | 3 | 5 | 6;
}

const encoder = new TextEncoder();

const zigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));

export function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
}

const signed = (value: bigint): number[] => varint(zigzag(BigInt.asIntN(64, value)));

const big = (value: bigint, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn));

/** A text in a name, with its end. */
const text = (of: string): number[] => [
  ...Array.from(encoder.encode(of)).flatMap((byte) => (byte > 2 ? [byte] : [0, 0x30 + byte])),
  1,
];

export const nameBytes = (name: string, labels: Written["labels"] = {}): number[] => [
  ...text(name),
  ...Object.entries(labels).flatMap(([label, value]) => [...text(label), ...text(value)]),
];

const steps = (values: readonly bigint[]): bigint[] =>
  values.slice(1).map((value, i) => value - values[i]!);

/** A column but for its first value. */
function column(values: readonly bigint[], kind: NonNullable<Written["kind"]>): number[] {
  const first = steps(values);
  if (kind === 3) return [];
  if (kind === 2) return signed(first[0]!);
  if (kind === 6) return first.flatMap(signed);
  return [first[0]!, ...steps(first)].flatMap(signed);
}

export function blockBytes(block: Written): number[] {
  const { times, mantissas, scale = 0, precision, kind = 6 } = block;
  const bytes = (of: number[]): number[] => [...varint(BigInt(of.length)), ...of];
  const isNew = precision !== undefined;
  return [
    ...signed(times[0]!),
    ...(isNew ? signed(times.at(-1)!) : []),
    ...signed(mantissas[0]!),
    ...varint(BigInt(times.length)),
    ...signed(BigInt(scale)),
    kind,
    kind,
    ...(isNew ? [precision] : []),
    ...bytes(column(times, kind)),
    ...bytes(column(mantissas, kind)),
  ];
}

export const frameBytes = (name: readonly number[], block: readonly number[]): number[] => [
  ...big(BigInt(name.length), 4),
  ...name,
  ...big(BigInt(block.length), 4),
  ...block,
];

/** Of all times there are. */
export const EVER = [-(2n ** 63n), 2n ** 63n - 1n] as const;

export function exported(
  blocks: readonly Written[],
  [from, to]: readonly [bigint, bigint] = EVER,
): Uint8Array<ArrayBuffer> {
  /** Of many blocks, most are the same. */
  const known = new Map<Written, readonly number[]>();
  const frames = blocks.map((one) => {
    const frame = known.get(one) ?? frameBytes(nameBytes(one.name, one.labels), blockBytes(one));
    known.set(one, frame);
    return frame;
  });
  const range = [...big(zigzag(from), 8), ...big(zigzag(to), 8)];
  const bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + length, range.length));
  let at = 0;
  for (const part of [range, ...frames]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What stands for values that are no numbers. */
export const SPECIAL = {
  infinite: 2n ** 63n - 1n,
  ended: 2n ** 63n - 2n,
  minusInfinite: -(2n ** 63n),
} as const;

/** A decimal as it is written. */
export function decimal(value: string): { readonly mantissa: bigint; readonly scale: number } {
  const number = Number(value);
  if (value.trim() === "" || Number.isNaN(number)) return { mantissa: SPECIAL.ended, scale: 0 };
  if (number === Infinity) return { mantissa: SPECIAL.infinite, scale: 0 };
  if (number === -Infinity) return { mantissa: SPECIAL.minusInfinite, scale: 0 };
  const [digits = "0", exponent = "0"] = String(number).split("e");
  const [whole = "0", fraction = ""] = digits.split(".");
  // A mantissa of more digits than fit has zeros at its end.
  const zeros = /0*$/.exec(whole + fraction)![0].length;
  const mantissa = BigInt(whole + fraction) / 10n ** BigInt(zeros);
  return { mantissa, scale: Number(exponent) - fraction.length + zeros };
}
