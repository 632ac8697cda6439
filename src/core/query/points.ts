// Samples as columns of times and values: sorted, merged, and of each time one.

/** Unix ms and values. */
export interface Points {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** [from, to), Unix ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Those within a range, of points in the order of time. */
export function within({ times, values }: Points, { from, to }: Range): Points {
  let [low, high] = [0, times.length];
  while (low < high && times[low]! < from) low++;
  while (high > low && times[high - 1]! >= to) high--;
  return { times: times.subarray(low, high), values: values.subarray(low, high) };
}

/** By time, then value; in columns of their own. */
export function sorted({ times, values }: Points): Points {
  const order = Uint32Array.from(times, (_, i) => i);
  order.sort((a, b) => times[a]! - times[b]! || values[a]! - values[b]!);
  return {
    times: Float64Array.from(order, (row) => times[row]!),
    values: Float64Array.from(order, (row) => values[row]!),
  };
}

/** Merges parts, each in order, two by two until one is left: yields how many samples it moved. It empties the list. */
export function* merged(parts: Points[]): Generator<number, Points> {
  const length = parts.reduce((sum, { times }) => sum + times.length, 0);
  let all = emptyOf(length);
  /** Where each part ends. */
  let ends: number[] = [];
  for (const { times, values } of parts) {
    const at = ends.at(-1) ?? 0;
    all.times.set(times, at);
    all.values.set(values, at);
    ends.push(at + times.length);
  }
  parts.length = 0;
  let other = emptyOf(length);
  while (ends.length > 1) {
    const next: number[] = [];
    for (let i = 0; i < ends.length; i += 2) {
      const first = ends[i - 1] ?? 0;
      const end = ends[i + 1] ?? ends[i]!;
      mergeTwo(all, other, first, ends[i]!, end);
      next.push(end);
      yield end - first;
    }
    [all, other, ends] = [other, all, next];
  }
  return all;
}

const emptyOf = (length: number): Points => ({
  times: new Float64Array(length),
  values: new Float64Array(length),
});

/** Merges [first, middle) and [middle, end) of `from`, each by time, then value, into the same places of `into`. */
function mergeTwo(from: Points, into: Points, first: number, middle: number, end: number): void {
  const { times, values } = from;
  let [a, b] = [first, middle];
  for (let at = first; at < end; at++) {
    const isFirst =
      b === end ||
      (a < middle &&
        (times[a]! < times[b]! || (times[a] === times[b] && values[a]! <= values[b]!)));
    const one = isFirst ? a++ : b++;
    into.times[at] = times[one]!;
    into.values[at] = values[one]!;
  }
}

/** Of each time the last, which has the largest value. */
export function once({ times, values }: Points): Points {
  let size = 0;
  for (let i = 0; i < times.length; i++) {
    if (size > 0 && times[size - 1] === times[i]) size--;
    times[size] = times[i]!;
    values[size++] = values[i]!;
  }
  return { times: times.subarray(0, size), values: values.subarray(0, size) };
}
