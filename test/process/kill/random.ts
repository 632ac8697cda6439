// A small seeded generator, so that a run that failed can be started again with the same data.

/** Mulberry32: numbers in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Random = () => number;

/** An integer in [from, to). */
export const between = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from));

export const pick = <T>(random: Random, list: readonly T[]): T =>
  list[between(random, 0, list.length)]!;
