// Samples in columns of places, so many for each minute: in what order they stand, and how columns grow.

/** Whether a sample stands after another of its minute: by time, then value, −0 before 0. */
export const isAfter = (
  offset: number,
  value: number,
  other: number,
  otherValue: number,
): boolean =>
  offset > other ||
  (offset === other &&
    (value > otherValue || (value === 0 && otherValue === 0 && 1 / value > 1 / otherValue)));

/** Copies so many rows of `before` places each to the beginning of `into`, where they have `stride`. */
export function resized<T extends Uint8Array | Uint16Array | Float64Array>(
  from: T,
  into: T,
  rows: number,
  before = 1,
  stride = 1,
): T {
  if (stride === before) into.set(from.subarray(0, rows * stride));
  else
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < before; i++) into[row * stride + i] = from[row * before + i]!;
  return into;
}

/** Puts `row` to the beginning of `places`, and again every `stride`. */
export function repeat(row: Float64Array, places: Uint16Array, stride: number): void {
  places.set(row);
  // As many rows again as there are.
  for (let from = stride; from < places.length; from *= 2)
    places.copyWithin(from, 0, Math.min(from, places.length - from));
}
