// What rate, increase and delta make of the first and the last point of a window: Prometheus' extrapolation
// to its edges. One rule for samples and for buckets.

/** Of the points of a window, two at least, not all at one time. */
interface Points {
  readonly count: number;
  readonly first: number;
  /** Unix ms. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** By what a rise from the first to the last point is multiplied to be that of the window (from, to], Unix ms. */
export function extrapolation(
  { count, first, firstAt, lastAt }: Points,
  { from, to }: { readonly from: number; readonly to: number },
  rise: number,
  isCounter: boolean,
): number {
  let toStart = (firstAt - from) / 1_000;
  let toEnd = (to - lastAt) / 1_000;
  const sampled = (lastAt - firstAt) / 1_000;
  const between = sampled / (count - 1);
  // Nearer to an edge than this, the series is taken to go on beyond it; else to begin or end halfway
  // to the sample that is missing.
  const threshold = between * 1.1;
  if (toStart >= threshold) toStart = between / 2;
  if (isCounter && rise > 0 && first >= 0)
    // A counter is never negative: it began no earlier than its line crosses zero.
    toStart = Math.min(toStart, sampled * (first / rise));
  if (toEnd >= threshold) toEnd = between / 2;
  return (sampled + toStart + toEnd) / sampled;
}
