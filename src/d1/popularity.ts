// How often something was asked for not long ago, about: by hashes, so that it takes the same room for any number of
// things, and those that are forgotten take none. Who shares both its places with others seems more popular than it is.

const BITS = 13;
const PLACES = 1 << BITS;
/** After so many notes, ten of each of some 400, all counts are halved: what was popular once is not for ever. */
const NOTES = 4_096;
/** No count grows beyond: what is new need not be asked for more often to be as popular. */
export const MOST = 15;

export class Popularity {
  readonly #counts = [new Uint8Array(PLACES), new Uint8Array(PLACES)] as const;
  #notes = 0;

  note(key: string): void {
    const hash = hashOf(key);
    const count = Math.min(MOST, this.#of(hash) + 1);
    for (const [i, counts] of this.#counts.entries()) {
      const place = placeOf(hash, i);
      counts[place] = Math.max(counts[place]!, count);
    }
    if (++this.#notes < NOTES) return;
    this.#notes = 0;
    for (const counts of this.#counts) for (let i = 0; i < PLACES; i++) counts[i]! >>>= 1;
  }

  /** 0 … 15. */
  of(key: string): number {
    return this.#of(hashOf(key));
  }

  #of(hash: number): number {
    const [a, b] = this.#counts;
    return Math.min(a[placeOf(hash, 0)]!, b[placeOf(hash, 1)]!);
  }

  /** It has been asked for once less, as it seems: what nobody asks for any more gives way in time. */
  fade(key: string): void {
    const hash = hashOf(key);
    const count = this.#of(hash);
    if (count === 0) return;
    for (const [i, counts] of this.#counts.entries()) {
      const place = placeOf(hash, i);
      if (counts[place] === count) counts[place] = count - 1;
    }
  }

  clear(): void {
    for (const counts of this.#counts) counts.fill(0);
    this.#notes = 0;
  }
}

const placeOf = (hash: number, at: number): number => (hash >>> (at * BITS)) & (PLACES - 1);

/** FNV-1a. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash;
}
