// Quantiles of values, by linear interpolation between the two that are nearest.

/**
 * The q-quantile of the values [0, size), which are sorted in place; NaN counts as the smallest.
 * NaN of none, −Infinity and +Infinity of a q that is too small or too large.
 */
export function quantileOf(q: number, values: Float64Array, size: number): number {
  if (size === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  return quantileOfSorted(q, values.subarray(0, size).sort());
}

/** The same of values that a typed array has sorted, at least one, with NaN at their end; q is 0 to 1. */
export function quantileOfSorted(q: number, sorted: Float64Array): number {
  const size = sorted.length;
  let numbers = size;
  while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) numbers--;
  const missing = size - numbers;
  return interpolated(q, size, (rank) => (rank < missing ? NaN : sorted[rank - missing]!));
}

/** The same of `size` values, of which `at` says those from the floor(q · (size − 1))-th smallest on, of 0 …. */
export function interpolated(q: number, size: number, at: (rank: number) => number): number {
  const rank = q * (size - 1);
  const low = Math.max(0, Math.floor(rank));
  const high = Math.min(size - 1, low + 1);
  const weight = rank - Math.floor(rank);
  return at(low) * (1 - weight) + at(high) * weight;
}
