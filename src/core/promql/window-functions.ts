// The bodies of functions over ranges: what each makes of the samples of one window.

import { extrapolation } from "./extrapolation.ts";
import { Kahan } from "./kahan.ts";
import { quantileOf } from "../quantile.ts";
import type { Window, WindowBody } from "./window.ts";

// Bodies run to their end before another begins, so they share their sums.
const [one, two, three, four] = [new Kahan(), new Kahan(), new Kahan(), new Kahan()];

/** What a counter had before each reset within a window. */
function lostWithin({ values, lost, first, end }: Window): number {
  if (lost.length === 0) return 0;
  const sum = lost[end - 1]! - lost[first]!;
  if (!Number.isNaN(sum)) return sum;
  // A counter that was infinite spoils the sums behind it, but not this window.
  let exact = 0;
  for (let i = first + 1; i < end; i++) if (values[i]! < values[i - 1]!) exact += values[i - 1]!;
  return exact;
}

/** rate, increase and delta: what the samples rose, extrapolated to the edges of the window. */
function extrapolated(window: Window, isCounter: boolean, isRate: boolean): number | undefined {
  const { times, values, first, end } = window;
  if (end - first < 2) return undefined;
  let rise = values[end - 1]! - values[first]!;
  if (isCounter) rise += lostWithin(window);
  const points = {
    count: end - first,
    first: values[first]!,
    firstAt: times[first]!,
    lastAt: times[end - 1]!,
  };
  const factor = extrapolation(points, window, rise, isCounter);
  return rise * (isRate ? factor / ((window.to - window.from) / 1_000) : factor);
}

export const rate: WindowBody = (window) => extrapolated(window, true, true);
export const increase: WindowBody = (window) => extrapolated(window, true, false);
export const delta: WindowBody = (window) => extrapolated(window, false, false);

/** Of the last two samples; a counter that went down began anew. */
function instantRise({ times, values, first, end }: Window, isRate: boolean): number | undefined {
  if (end - first < 2) return undefined;
  const [a, b] = [values[end - 2]!, values[end - 1]!];
  const seconds = (times[end - 1]! - times[end - 2]!) / 1_000;
  const rise = isRate && b < a ? b : b - a;
  return isRate ? rise / seconds : rise;
}

export const irate: WindowBody = (window) => instantRise(window, true);
export const idelta: WindowBody = (window) => instantRise(window, false);

/** The sum of a window into `one`: Kahan's, written out since dashboards ask for many. */
function sum({ values, first, end }: Window): void {
  let total = 0;
  let rest = 0;
  for (let i = first; i < end; i++) {
    const value = values[i]!;
    const before = total;
    total += value;
    if (total === Infinity || total === -Infinity) rest = 0;
    else if (Math.abs(before) >= Math.abs(value)) rest += before - total + value;
    else rest += value - total + before;
  }
  one.set(total, rest);
}

export const sumOverTime: WindowBody = (window) => {
  sum(window);
  return one.total;
};

export const avgOverTime: WindowBody = (window) => {
  const { values, first, end } = window;
  sum(window);
  if (Number.isFinite(one.sum) || Number.isNaN(one.sum))
    return one.sum / (end - first) + one.rest / (end - first);
  // The sum overflows: the mean itself is moved, from value to value.
  one.set(values[first]!);
  for (let i = first + 1; i < end; i++) {
    const count = i - first + 1;
    const share = (count - 1) / count;
    one.set(share * one.sum, share * one.rest);
    one.add(values[i]! / count);
  }
  return one.total;
};

export const countOverTime: WindowBody = ({ first, end }) => end - first;
export const presentOverTime: WindowBody = () => 1;
export const firstOverTime: WindowBody = ({ values, first }) => values[first]!;
export const lastOverTime: WindowBody = ({ values, end }) => values[end - 1]!;

export const minOverTime: WindowBody = ({ values, first, end }) => {
  let least = values[first]!;
  for (let i = first + 1; i < end; i++)
    if (values[i]! < least || Number.isNaN(least)) least = values[i]!;
  return least;
};

export const maxOverTime: WindowBody = ({ values, first, end }) => {
  let most = values[first]!;
  for (let i = first + 1; i < end; i++)
    if (values[i]! > most || Number.isNaN(most)) most = values[i]!;
  return most;
};

/** Welford's variance, of which each part is a sum by Kahan. */
export const stdvarOverTime: WindowBody = ({ values, first, end }) => {
  one.set(0);
  two.set(0);
  for (let i = first; i < end; i++) {
    const value = values[i]!;
    const difference = value - one.total;
    one.add(difference / (i - first + 1));
    two.add(difference * (value - one.total));
  }
  return two.total / (end - first);
};

export const stddevOverTime: WindowBody = (window) => Math.sqrt(stdvarOverTime(window)!);

let scratch = new Float64Array(64);

export const quantileOverTime: WindowBody = ({ values, first, end, param }) => {
  const size = end - first;
  if (scratch.length < size) scratch = new Float64Array(2 * size);
  for (let i = 0; i < size; i++) scratch[i] = values[first + i]!;
  return quantileOf(param, scratch, size);
};

export const resets: WindowBody = ({ values, first, end }) => {
  let count = 0;
  for (let i = first + 1; i < end; i++) if (values[i]! < values[i - 1]!) count++;
  return count;
};

export const changes: WindowBody = ({ values, first, end }) => {
  let count = 0;
  for (let i = first + 1; i < end; i++) {
    const [a, b] = [values[i - 1]!, values[i]!];
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) count++;
  }
  return count;
};

/**
 * The line of least squares through the samples: its slope a second, and its value at the first of them.
 * Times count from there: from a later time, as in Prometheus, their squares would be so large that the
 * slope loses digits, and others at each step.
 */
function line({ times, values, first, end }: Window): readonly [number, number] {
  const from = times[first]!;
  let constant = true;
  one.set(0);
  two.set(0);
  three.set(0);
  four.set(0);
  for (let i = first; i < end; i++) {
    const x = (times[i]! - from) / 1_000;
    const y = values[i]!;
    if (y !== values[first]!) constant = false;
    one.add(x);
    two.add(y);
    three.add(x * y);
    four.add(x * x);
  }
  if (constant) return Number.isFinite(values[first]!) ? [0, values[first]!] : [NaN, NaN];
  const count = end - first;
  const [x, y] = [one.total, two.total];
  const slope = (three.total - (x * y) / count) / (four.total - (x * x) / count);
  return [slope, y / count - (slope * x) / count];
}

export const deriv: WindowBody = (window) =>
  window.end - window.first < 2 ? undefined : line(window)[0];

/** The parameter is the seconds from the step on. */
export const predictLinear: WindowBody = (window) => {
  if (window.end - window.first < 2) return undefined;
  const [slope, intercept] = line(window);
  const since = (window.at - window.times[window.first]!) / 1_000;
  return slope * (since + window.param) + intercept;
};
