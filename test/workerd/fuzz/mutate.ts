// Bytes like those that were sent, and not quite: what a broken client, a cut connection or somebody
// who tries things out would send. The same seed makes the same bytes.

export type Bytes = Uint8Array<ArrayBuffer>;

/** Numbers from a seed (mulberry32): not for secrets. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer in [0, below). */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const encoder = new TextEncoder();

/** What parsers stumble over. */
const ODD: readonly Bytes[] = [
  ..."\0 \\ \" ' , = { } [ ] : ; # \n \r \t -".split(" "),
  " ",
  "",
  "null",
  "true",
  "{}",
  "[]",
  '""',
  "-0",
  "1e999",
  "-1e-400",
  "NaN",
  "+Inf",
  "0x1p3",
  "9".repeat(400),
  "-9223372036854775809",
  "18446744073709551616",
  "a".repeat(1_100),
  "[".repeat(3_000),
  "(".repeat(3_000),
  '{"a":'.repeat(3_000),
  '"__proto__"',
  "constructor",
  "\u202e\u0301\ud83d\ude00",
  "\ufeff",
  "\\ud800",
].map((text) => Uint8Array.from(encoder.encode(text)));

/** No text at all: lone continuation bytes, a surrogate, ends of varints that never end. */
const BINARY: readonly Bytes[] = [
  [0xff],
  [0x80],
  [0xed, 0xa0, 0x80],
  [0xc0, 0xaf],
  Array.from({ length: 12 }, () => 0xff),
  [0x1f, 0x8b, 0x08],
  [0x28, 0xb5, 0x2f, 0xfd],
].map((bytes) => Uint8Array.from(bytes));

const joined = (...parts: readonly Uint8Array[]): Bytes => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

type Mutation = (body: Bytes, dice: Dice, others: readonly Bytes[]) => Bytes;

/** [from, to) of the bytes, mostly short. */
function span({ length }: Bytes, dice: Dice): readonly [from: number, to: number] {
  const from = dice.below(length + 1);
  return [from, Math.min(length, from + dice.below(dice.of([2, 8, length + 1])))];
}

const MUTATIONS: readonly Mutation[] = [
  (body, dice) => {
    const flipped = Uint8Array.from(body);
    for (let left = 1 + dice.below(4); left > 0 && body.length > 0; left--) {
      const at = dice.below(body.length);
      flipped[at] = flipped[at]! ^ (1 << dice.below(8));
    }
    return flipped;
  },
  (body, dice) => {
    const [from, to] = span(body, dice);
    return joined(body.subarray(0, from), body.subarray(to));
  },
  (body, dice) => {
    const [from, to] = span(body, dice);
    return joined(body.subarray(0, to), body.subarray(from));
  },
  (body, dice) => {
    const [from, to] = span(body, dice);
    return joined(body.subarray(0, from), dice.of(ODD), body.subarray(to));
  },
  (body, dice) => {
    const [from] = span(body, dice);
    return joined(body.subarray(0, from), dice.of(BINARY), body.subarray(from));
  },
  (body, dice) => body.slice(0, dice.below(body.length + 1)),
  (body, dice, others) => {
    const other = dice.of(others);
    return joined(
      body.subarray(0, dice.below(body.length + 1)),
      other.subarray(dice.below(other.length + 1)),
    );
  },
  // A number, or a word, is another.
  (body, dice) => {
    const text = new TextDecoder().decode(body);
    const words = [...text.matchAll(/[-\d.]+|\w+/g)];
    if (words.length === 0) return body;
    const { index, 0: word } = dice.of(words);
    return joined(
      encoder.encode(text.slice(0, index)),
      dice.of(ODD),
      encoder.encode(text.slice(index + word.length)),
    );
  },
];

/** The body after one to three changes, in which parts of others may be. */
export function mutated(body: Bytes, dice: Dice, others: readonly Bytes[]): Bytes {
  let made = body;
  for (let left = 1 + dice.below(3); left > 0; left--)
    made = dice.of(MUTATIONS)(made, dice, others);
  return made;
}
