// Lists of series keys that came lately. Agents send the same series in the same order all day: the strings of
// the last time are found in the dictionary at once, where new ones are hashed and compared first.

import * as LIMITS from "../core/limits.ts";
import { keysIn } from "../core/series/batch.ts";

/** What a list takes besides the characters of its text, and a key of it, bytes, give or take. */
const EACH = 64;

export class KnownKeys {
  /** By their text, one a line. */
  readonly #lists = new Map<string, readonly string[]>();
  #bytes = 0;

  /** The keys that a text has, one a line. */
  in(text: string): readonly string[] {
    const known = this.#lists.get(text);
    if (known !== undefined) return known;
    const keys = keysIn(text);
    this.#bytes += text.length + EACH * (keys.length + 1);
    // What comes all day is soon there again.
    if (this.#bytes > LIMITS.knownKeysBytes) {
      this.#lists.clear();
      this.#bytes = 0;
    } else this.#lists.set(text, keys);
    return keys;
  }
}
