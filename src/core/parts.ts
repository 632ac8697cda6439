// Work that is done in parts, each of which tells how many items it was: so that others may have a turn in between.

/** All of it at once. */
export function atOnce<T>(parts: Generator<number, T>): T {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}
