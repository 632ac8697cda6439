// Units of metrics: read from a name, shown with a value, and the nice ticks of an axis in them. Pure.

import { formatValue, LARGE } from "./format.ts";

/** Units, as addresses name them, with their titles, in the order of a list. */
export const UNITS = {
  none: "number",
  nanoseconds: "nanoseconds",
  microseconds: "microseconds",
  milliseconds: "milliseconds",
  seconds: "seconds",
  minutes: "minutes",
  hours: "hours",
  days: "days",
  bytes: "bytes",
  "decimal-bytes": "bytes, a kB is 1,000",
  kilobytes: "kilobytes, of 1,000",
  "bytes-per-second": "bytes per second",
  bits: "bits",
  "bits-per-second": "bits per second",
  "per-second": "per second",
  "per-minute": "per minute",
  percent: "percent",
  ratio: "ratio, 1 is 100 %",
  hertz: "hertz",
  watts: "watts",
  volts: "volts",
  amperes: "amperes",
  celsius: "degrees Celsius",
  fahrenheit: "degrees Fahrenheit",
  dollars: "US dollars",
  euros: "euros",
  pounds: "pounds",
} as const;
export type UnitName = keyof typeof UNITS;

/** Units whose values mean something added up: not degrees, parts of a whole, or rates. */
const NO_SUM: ReadonlySet<UnitName> = new Set([
  "percent",
  "ratio",
  "celsius",
  "fahrenheit",
  "hertz",
  "watts",
  "volts",
  "amperes",
  "per-second",
  "per-minute",
  "bytes-per-second",
  "bits-per-second",
]);
export const adds = (unit: UnitName): boolean => !NO_SUM.has(unit);

export const isUnit = (text: string): text is UnitName => Object.hasOwn(UNITS, text);
export const UNIT_NAMES: readonly UnitName[] = Object.keys(UNITS).filter(isUnit);

/** What a name may end with. Not kb, mb and gb: of 1,000 or of 1,024, nobody knows. */
const SUFFIXES: Readonly<Partial<Record<UnitName, string>>> = {
  nanoseconds: "ns nsec nanos nanosecond nanoseconds",
  microseconds: "us µs usec micros microsecond microseconds",
  milliseconds: "ms msec millis millisecond milliseconds",
  seconds: "s sec secs second seconds",
  minutes: "minute minutes",
  hours: "hour hours",
  days: "day days",
  bytes: "byte bytes",
  kilobytes: "kilobytes",
  bits: "bit bits",
  "bits-per-second": "bps",
  "per-second": "rps qps",
  "per-minute": "rpm",
  percent: "percent percentage pct",
  ratio: "ratio",
  hertz: "hz hertz",
  watts: "watt watts",
  volts: "volt volts",
  amperes: "amp amps ampere amperes",
  celsius: "celsius",
  fahrenheit: "fahrenheit",
  dollars: "usd dollars",
  euros: "eur euros",
  pounds: "gbp",
};
const BY_SUFFIX: ReadonlyMap<string, UnitName> = new Map(
  Object.entries(SUFFIXES).flatMap(([unit, names]) =>
    isUnit(unit) ? names.split(" ").map((name) => [name, unit] as const) : [],
  ),
);

/** What follows a unit without changing it: http_seconds_sum, latency.ms.p95. */
const STATISTIC = /^(total|sum|avg|mean|min|max|last|p\d+)$/;

/** The unit of what grows by a unit, a second: seconds of work in a second are a part of it. */
export function perSecond(unit: UnitName): UnitName {
  if (unit === "bytes" || unit === "bits") return `${unit}-per-second`;
  return unit === "seconds" ? "ratio" : "per-second";
}

/** Words of UCUM as well, in lower case: in a name they may be others. */
const BY_WORD: ReadonlyMap<string, UnitName> = new Map([
  ...BY_SUFFIX,
  ["by", "bytes"],
  ["kby", "kilobytes"],
  ["min", "minutes"],
  ["h", "hours"],
  ["d", "days"],
  ["%", "percent"],
  ["w", "watts"],
  ["v", "volts"],
  ["a", "amperes"],
  ["cel", "celsius"],
  ["[degf]", "fahrenheit"],
]);

/**
 * The unit that is said: UCUM's (`By`, `ms`, `By/s`, `{request}/s`) or a word (`bytes`). Undefined where it
 * says no more than the name does: `1` is of parts and of numbers alike.
 */
function unitSaid(text: string, metric: string): UnitName | undefined {
  const [word = "", per] = text.toLowerCase().replaceAll("μ", "µ").split("/");
  if (text === "1") return metric.endsWith("utilization") ? "ratio" : undefined;
  const unit = BY_WORD.get(word) ?? "none";
  if (per === undefined) return unit;
  const of = BY_WORD.get(per);
  return of === "seconds"
    ? perSecond(unit)
    : of === "minutes" && unit === "none"
      ? "per-minute"
      : "none";
}

/**
 * The unit that is said of a metric, or else the one that its name ends with: `_seconds`, `.ms`, `_bytes_total`,
 * `_bytes_per_second`.
 */
export function unitOf(metric: string, said?: string): UnitName {
  const known = said === undefined ? undefined : unitSaid(said, metric);
  if (known !== undefined) return known;
  // Both letters of "µs": the micro sign and the Greek one.
  const words = metric.toLowerCase().replaceAll("μ", "µ").split(/[._]/);
  while (words.length > 1 && STATISTIC.test(words.at(-1)!)) words.pop();
  const unit = words.length > 1 ? BY_SUFFIX.get(words.at(-1)!) : undefined;
  const isPer = words.at(-2) === "per";
  if (isPer && unit === "minutes") return "per-minute";
  if (unit !== "seconds" || !isPer) return unit ?? "none";
  const counted = BY_SUFFIX.get(words.at(-3) ?? "");
  return counted === "bytes" || counted === "bits" ? `${counted}-per-second` : "per-second";
}

/** A step of a unit: what one is, in the unit, and how it is written after a number. */
type Scale = readonly [size: number, suffix: string];

const NS_PER = {
  nanoseconds: 1,
  microseconds: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
  minutes: 60e9,
  hours: 3_600e9,
  days: 86_400e9,
} as const;
const isTime = (unit: UnitName): unit is keyof typeof NS_PER => Object.hasOwn(NS_PER, unit);
const isBytes = (unit: UnitName): boolean => unit.startsWith("bytes");

const powers = (base: number, suffixes: string, after = ""): Scale[] =>
  suffixes.split(" ").map((suffix, power) => [base ** power, ` ${suffix}${after}`]);

const electric = (unit: string): Scale[] => [
  [1e-3, ` m${unit}`],
  ...powers(1_000, `${unit} k${unit} M${unit} G${unit}`),
];

/** Nanoseconds of each. */
const TIMES: readonly Scale[] = [
  [1, " ns"],
  [1e3, " µs"],
  [1e6, " ms"],
  [1e9, " s"],
  [60e9, " min"],
  [3_600e9, " h"],
  [86_400e9, " d"],
];

/** Ascending. */
function scalesOf(unit: UnitName): readonly Scale[] {
  if (isTime(unit)) return TIMES.map(([ns, suffix]) => [ns / NS_PER[unit], suffix]);
  switch (unit) {
    case "none":
      return [[1, ""]];
    case "bytes":
      return powers(1_024, "B KiB MiB GiB TiB PiB");
    case "decimal-bytes":
      return powers(1_000, "B kB MB GB TB PB");
    case "kilobytes":
      return [[1e-3, " B"], ...powers(1_000, "kB MB GB TB PB")];
    case "bytes-per-second":
      return powers(1_024, "B KiB MiB GiB TiB PiB", "/s");
    case "bits":
      return powers(1_000, "bit kbit Mbit Gbit Tbit Pbit");
    case "bits-per-second":
      return powers(1_000, "bit kbit Mbit Gbit Tbit Pbit", "/s");
    case "per-second":
      return [[1, "/s"]];
    case "per-minute":
      return [[1, "/min"]];
    case "watts":
      return electric("W");
    case "volts":
      return electric("V");
    case "amperes":
      return electric("A");
    case "fahrenheit":
      return [[1, " °F"]];
    case "dollars":
      return [[1, " USD"]];
    case "euros":
      return [[1, " EUR"]];
    case "pounds":
      return [[1, " GBP"]];
    case "percent":
      return [[1, " %"]];
    case "ratio":
      return [[0.01, " %"]];
    case "hertz":
      return powers(1_000, "Hz kHz MHz GHz THz");
    case "celsius":
      return [[1, " °C"]];
  }
}

/** To four significant digits; the largest number has no such neighbour. */
function rounded(value: number): number {
  const near = Number(value.toPrecision(4));
  return Number.isFinite(near) ? near : value;
}

/** Place of the scale in which `value` is written: the largest of which it has one. */
function placeOf(scales: readonly Scale[], value: number): number {
  // Zero has no size of its own.
  if (value === 0)
    return Math.max(
      0,
      scales.findIndex(([size]) => size === 1),
    );
  return scales.findLastIndex(([size], place) => {
    if (place === 0) return true;
    // 999.96 ms is 1 s, not 1,000 ms.
    const [before] = scales[place - 1]!;
    return rounded(Math.abs(value) / before) >= (size / before) * (1 - 1e-9);
  });
}

/** Times from a minute on are written as two numbers: "3 min 20 s". */
const SECONDS_AT = 3;
/** Days from which hours no longer matter. */
const MANY_DAYS = 100;

/** At most five significant digits: "118.2 ms", "1.5 GiB", "42 %", "3 min 20 s". */
export function formatIn(unit: UnitName, value: number): string {
  if (unit === "none") return formatValue(value);
  const scales = scalesOf(unit);
  let place = placeOf(scales, value);
  if (isTime(unit) && place > SECONDS_AT) {
    const [lower] = scales[place - 1]!;
    const whole = Math.round(Math.abs(value) / lower) * lower;
    // 59 min 59.7 s is 1 h.
    place = placeOf(scales, whole);
    const [[size, suffix], [small, smallSuffix]] = [scales[place]!, scales[place - 1]!];
    const count = Math.floor(whole / size + 1e-9);
    const rest = Math.round((whole - count * size) / small);
    if (place < scales.length - 1 || count < MANY_DAYS)
      return `${value < 0 ? "-" : ""}${count}${suffix}${rest > 0 ? ` ${rest}${smallSuffix}` : ""}`;
  }
  const [size, suffix] = scales[place]!;
  const scaled = value / size;
  return Number.isFinite(scaled) ? formatValue(rounded(scaled)) + suffix : formatValue(value);
}

/** The smallest of 1, 2 and 5 times a power of ten that is no less than `raw`; Infinity past all. */
function decimalStep(raw: number): number {
  const power = Math.floor(Math.log10(raw));
  // Read as text, because powers of ten that are multiplied have rounding errors.
  const steps = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`));
  return steps.find((step) => step >= raw * (1 - 1e-9)) ?? Infinity;
}

const SIXTIETHS = [1, 2, 5, 10, 15, 30];
/** Seconds. */
const CLOCK_STEPS = [
  ...SIXTIETHS,
  ...SIXTIETHS.map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * 3_600),
];

function niceStep(unit: UnitName, raw: number): number {
  if (isBytes(unit) && raw > 1) return 2 ** Math.ceil(Math.log2(raw) - 1e-9);
  if (!isTime(unit)) return decimalStep(raw);
  const second = 1e9 / NS_PER[unit];
  const day = 86_400 * second;
  if (raw <= second) return decimalStep(raw);
  const seconds = CLOCK_STEPS.find((seconds) => seconds * second >= raw * (1 - 1e-9));
  return seconds === undefined ? decimalStep(raw / day) * day : seconds * second;
}

/** Nice values for the ticks of an axis in [min, max], ascending: at most `most`. */
export function valueTicks(unit: UnitName, min: number, max: number, most: number): number[] {
  if (!(min <= max) || !(most >= 1)) return [];
  if (min === max) return [min];
  // Divided first, because the difference of the largest numbers is Infinity.
  const raw = max / most - min / most;
  // Closer than this, neighbouring multiples of a step are the same double.
  if (raw < Math.max(1e-320, Math.abs(min) * 1e-13, Math.abs(max) * 1e-13))
    return most < 2 ? [min] : [min, max];
  for (let step = niceStep(unit, raw); step < Infinity; step = niceStep(unit, step * 1.5)) {
    const [first, last] = [Math.ceil(min / step - 1e-9), Math.floor(max / step + 1e-9)];
    if (last - first >= most) continue;
    const isExact = isBytes(unit) && step >= 1;
    return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
      .map((tick) => (isExact ? tick || 0 : Number(tick.toPrecision(15))))
      .filter((tick) => tick >= min && tick <= max);
  }
  return min <= 0 && max >= 0 ? [0] : [];
}

/** Fewer than these do not tell how high a line is. */
const LEAST_TICKS = 3;

/** The same, closer than they should be where that makes three of them. */
export function enoughTicks(unit: UnitName, min: number, max: number, most: number): number[] {
  let ticks = valueTicks(unit, min, max, most);
  for (let more = 1; more <= 2 * LEAST_TICKS && ticks.length < LEAST_TICKS; more++)
    ticks = valueTicks(unit, min, max, most + more);
  // A finer step may have made far more than there is room for.
  const each = Math.floor((ticks.length - 1) / (LEAST_TICKS - 1));
  return ticks.length > most ? ticks.filter((_, i) => !(i % each)) : ticks;
}

/** Units that have letters instead of multiples of their own. */
const COUNTED: ReadonlySet<UnitName> = new Set([
  "none",
  "per-second",
  "per-minute",
  "dollars",
  "euros",
  "pounds",
]);

/** One scale for all ticks, in which steps are not fractions of an hour or small ones of a GiB. */
function commonScale(unit: UnitName, largest: number, gap: number): Scale {
  const scales = scalesOf(unit);
  if (COUNTED.has(unit)) {
    const [suffix] = scales.map(([, suffix]) => suffix);
    const large = LARGE.find(([size]) => largest >= size && largest < 1e15 && gap >= size / 1_000);
    return large === undefined ? [1, suffix!] : [large[0], large[1] + suffix!];
  }
  const [lowest, part] = isTime(unit) ? [SECONDS_AT, 1] : isBytes(unit) ? [0, 0.5] : [Infinity, 0];
  let place = placeOf(scales, largest);
  while (place > lowest && gap < scales[place]![0] * part) place--;
  return scales[place]!;
}

/** By the number of digits after the point: they take long to make. */
const formats: Intl.NumberFormat[] = [];

/** Labels of ascending ticks: in one scale, with as few digits as tell each exactly enough. */
export function tickLabels(unit: UnitName, ticks: readonly number[]): string[] {
  if (ticks.length === 0) return [];
  const largest = Math.max(...ticks.map(Math.abs));
  const gap = ticks.reduce(
    (gap, tick, i) => Math.min(gap, tick - (ticks[i - 1] ?? -Infinity)),
    largest,
  );
  const [size, suffix] = commonScale(unit, largest, gap);
  const numbers = ticks.map((tick) => tick / size);
  const [most, step] = [largest / size, gap / size];
  const isPlain = most === 0 || (most >= 1e-4 && most < (step < 1e6 ? 1e15 : 1e6));
  const tolerance = ticks.length === 1 ? most * 1e-4 : step * 0.01;
  for (let digits = 0; digits <= 20; digits++) {
    const texts = numbers.map((n) => (isPlain ? n.toFixed(digits) : n.toExponential(digits)));
    const isExact = texts.every((text, i) => Math.abs(Number(text) - numbers[i]!) <= tolerance);
    if (!isExact || new Set(texts).size < new Set(ticks).size) continue;
    const format = (formats[digits] ??= new Intl.NumberFormat(undefined, {
      maximumFractionDigits: digits,
    }));
    return texts.map((text) => {
      const n = Number(text);
      // No "0M".
      if (n === 0) return `0${suffix.replace(/^[MBT]/, "")}`;
      return (isPlain ? format.format(n) : text.replace("e+", "e")) + suffix;
    });
  }
  // Numbers so close, or so large, that a scale makes them the same.
  return ticks.map(String);
}
