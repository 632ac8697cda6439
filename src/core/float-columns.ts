// Columns of doubles in one buffer: thousands of small lists are as many things to the collector, and not ten times that.

/** Makes so many columns, one after the other, each with what an old one had. */
export function columnsIn(count: number, capacity: number): (old?: Float64Array) => Float64Array {
  const all = new ArrayBuffer(8 * count * capacity);
  let from = 0;
  return (old) => {
    const column = new Float64Array(all, from, capacity);
    from += 8 * capacity;
    if (old !== undefined) column.set(old);
    return column;
  };
}
