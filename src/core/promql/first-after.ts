// How windows move over samples.

/**
 * The first of ascending times that is later than `to`, from index `from` on: those before it are not. It is looked
 * for `guess` later first: steps are alike, and samples mostly regular.
 */
export function firstAfter(times: Float64Array, to: number, from = 0, guess = 0): number {
  const { length } = times;
  let at = from + guess;
  if (guess === 0 || at > length || times[at - 1]! > to) at = from;
  while (at < length && times[at]! <= to) at++;
  return at;
}
