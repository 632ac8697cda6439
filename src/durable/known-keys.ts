// Lists of series keys that came lately. Agents send the same series in the same order all day: the strings of
// the last time are found in the dictionary at once, where new ones are hashed and compared first.

import { keysIn } from "../core/series/batch.ts";

/** Characters of all lists together. */
const KEPT = 1_000_000;

export class KnownKeys {
  /** By their text, one a line; those that came last at the end. */
  readonly #lists = new Map<string, readonly string[]>();
  #characters = 0;

  /** The keys that a text has, one a line. */
  in(text: string): readonly string[] {
    const known = this.#lists.get(text);
    const keys = known ?? keysIn(text);
    if (known !== undefined) this.#lists.delete(text);
    else this.#characters += text.length;
    this.#lists.set(text, keys);
    for (const oldest of this.#lists.keys()) {
      if (this.#characters <= KEPT) break;
      this.#lists.delete(oldest);
      this.#characters -= oldest.length;
    }
    return keys;
  }
}
