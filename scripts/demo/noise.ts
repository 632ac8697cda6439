// Noise that is a function of the seed, the series and the time: the same data at every run. Pure.

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** A number in [0, 1) that any change of the arguments changes altogether. */
export function hash(seed: number, ...numbers: readonly number[]): number {
  let h = seed | 0;
  for (const n of numbers) {
    // Times exceed 32 bits: both halves count.
    for (const part of [n | 0, Math.floor(n / 2 ** 32) | 0]) {
      h = Math.imul(h ^ part, 0x9e3779b1);
      h ^= h >>> 15;
      h = Math.imul(h, 0x85ebca6b);
      h ^= h >>> 13;
    }
  }
  return (h >>> 0) / 2 ** 32;
}

/** What a series draws its noise from. */
export interface Source {
  readonly seed: number;
  /** Number of the series. */
  readonly series: number;
}

/** Smooth noise in [-1, 1] that forgets itself after about `period` ms. */
export function drift({ seed, series }: Source, at: number, period: number): number {
  const step = Math.floor(at / period);
  const x = at / period - step;
  const ease = x * x * (3 - 2 * x);
  const [a, b] = [hash(seed, series, period, step), hash(seed, series, period, step + 1)];
  return 2 * (a + (b - a) * ease) - 1;
}

/** Independent noise, about normal, of deviation 1. */
export function jitter({ seed, series }: Source, at: number): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += hash(seed, series, at, i);
  return (sum - 2) * Math.sqrt(3);
}

/** Whether one of the rare events that strike a series once in `every` is going on, for `lasts` ms. */
export function strikes(
  { seed, series }: Source,
  at: number,
  every: number,
  lasts: number,
): boolean {
  const slot = Math.floor(at / every);
  const begins = slot * every + hash(seed, series, every, slot) * (every - lasts);
  return at >= begins && at < begins + lasts;
}

/** How busy people are, 0 to about 1: most at 15:00 UTC, less at weekends. */
export function traffic(at: number): number {
  const hour = (at % DAY) / HOUR;
  const daily = 0.55 + 0.45 * Math.cos(((hour - 15) / 24) * 2 * Math.PI);
  // The first of January 1970 was a Thursday.
  const weekday = (Math.floor(at / DAY) + 4) % 7;
  return daily * (weekday === 0 || weekday === 6 ? 0.6 : 1);
}

/** Time since the last deploy, ms: there is one each Tuesday and Thursday at 14:05 UTC. */
export function sinceDeploy(at: number): number {
  const time = 14 * HOUR + 5 * 60_000;
  for (let day = Math.floor((at - time) / DAY); ; day--) {
    const weekday = (day + 4) % 7;
    if (weekday === 2 || weekday === 4) return at - time - day * DAY;
  }
}
