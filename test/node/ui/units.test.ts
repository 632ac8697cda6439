// Units of metrics: what names say, how values read, and the ticks of a value axis.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  enoughTicks,
  formatIn,
  isUnit,
  tickLabels,
  type UnitName,
  unitOf,
  UNITS,
  valueTicks,
} from "../../../src/ui/units.ts";

const parts = new Intl.NumberFormat().formatToParts(1_234_567.8);
const [group = "", decimal = "."] = (["group", "decimal"] as const).map(
  (wanted) => parts.find(({ type }) => type === wanted)?.value,
);
/** Numbers as in English, without groups, whatever the locale of the system. */
const english = (text: string): string =>
  /\de-?\d/.test(text) ? text : text.replaceAll(group, "").replaceAll(decimal, ".");

const units = Object.keys(UNITS).filter(isUnit);
const [KIB, MIB, GIB] = [1_024, 1_024 ** 2, 1_024 ** 3];
const [MIN, H, D] = [60, 3_600, 86_400];

test.each<[string, UnitName]>([
  ["http_request_duration_seconds", "seconds"],
  ["http_request_duration_seconds_sum", "seconds"],
  ["http_request_duration_seconds_count", "none"],
  ["process_cpu_seconds_total", "seconds"],
  ["job.duration_s", "seconds"],
  ["http.ms", "milliseconds"],
  ["HTTP.Latency.MS", "milliseconds"],
  ["latency.ms.p95", "milliseconds"],
  ["latency_us", "microseconds"],
  ["latency.µs", "microseconds"],
  ["latency.μs", "microseconds"],
  ["gc_ns_avg", "nanoseconds"],
  ["memory_bytes", "bytes"],
  ["sent_bytes_total", "bytes"],
  ["sent_bytes_per_second", "bytes-per-second"],
  ["sent.bits.per.sec", "bits-per-second"],
  ["link.bps", "bits-per-second"],
  ["frames_per_second", "per-second"],
  ["per_second", "per-second"],
  ["api.rps", "per-second"],
  ["cpu_percent", "percent"],
  ["cpu.pct", "percent"],
  ["cache_hit_ratio", "ratio"],
  ["cpu_hz", "hertz"],
  ["room.celsius", "celsius"],
  ["room_fahrenheit", "fahrenheit"],
  ["power_watts", "watts"],
  ["mains.volts", "volts"],
  ["motor_amperes", "amperes"],
  ["uptime_minutes", "minutes"],
  ["uptime.hours", "hours"],
  ["age_days", "days"],
  ["load_min", "none"],
  ["orders.per_minute", "per-minute"],
  ["pump.rpm", "per-minute"],
  ["disk_kilobytes", "kilobytes"],
  ["revenue_usd", "dollars"],
  ["revenue.euros", "euros"],
  ["cpu.load", "none"],
  ["orders", "none"],
  ["orders_total", "none"],
  ["memory_kb", "none"],
  ["items", "none"],
  ["seconds", "none"],
  ["total", "none"],
  ["_total", "none"],
  ["constructor.__proto__", "none"],
  ["", "none"],
])("%s is in %s", (metric, unit) => expect(unitOf(metric)).toBe(unit));

test.each([
  ["used", "By", "bytes"],
  ["used_seconds", "By", "bytes"],
  ["sent", "By/s", "bytes-per-second"],
  ["sent", "bit/s", "bits-per-second"],
  ["http.server.request.duration", "s", "seconds"],
  ["latency", "ms", "milliseconds"],
  ["latency", "us", "microseconds"],
  ["latency", "ns", "nanoseconds"],
  ["latency", "seconds", "seconds"],
  ["cpu", "%", "percent"],
  ["cpu", "percent", "percent"],
  ["room", "Cel", "celsius"],
  ["room", "[degF]", "fahrenheit"],
  ["power", "W", "watts"],
  ["mains", "V", "volts"],
  ["motor", "A", "amperes"],
  ["uptime", "min", "minutes"],
  ["uptime", "h", "hours"],
  ["age", "d", "days"],
  ["orders", "{order}/min", "per-minute"],
  ["sent", "By/min", "none"],
  ["disk", "kBy", "kilobytes"],
  ["clock", "Hz", "hertz"],
  ["system.cpu.utilization", "1", "ratio"],
  ["hit_ratio", "1", "ratio"],
  ["load", "1", "none"],
  ["requests", "{request}/s", "per-second"],
  ["busy", "s/s", "ratio"],
  ["requests_seconds", "{request}", "none"],
  ["used_bytes", "MiBy", "none"],
  ["pace", "km/h", "none"],
  ["used", "constructor", "none"],
  ["used", "__proto__/s", "per-second"],
])("%s, of which %s is said, is in %s", (metric, said, unit) =>
  expect(unitOf(metric, said)).toBe(unit),
);

test("names of units are known, those of objects are not", () => {
  expect(units).toContain("bytes-per-second");
  expect(isUnit("toString")).toBe(false);
});

test.each<[UnitName, number, string]>([
  ["none", 0.42, "0.42"],
  ["seconds", 0, "0 s"],
  ["seconds", -0, "0 s"],
  ["seconds", 0.118, "118 ms"],
  ["seconds", 1.2, "1.2 s"],
  ["seconds", 0.99996, "1 s"],
  ["seconds", 59.994, "59.99 s"],
  ["seconds", 59.996, "1 min"],
  ["seconds", 3 * MIN + 20, "3 min 20 s"],
  ["seconds", -(3 * MIN + 20), "-3 min 20 s"],
  ["seconds", H - 0.4, "1 h"],
  ["seconds", 2 * H + 5 * MIN, "2 h 5 min"],
  ["seconds", D - 20, "1 d"],
  ["seconds", D + 4 * H, "1 d 4 h"],
  ["seconds", 412.3 * D, "412.3 d"],
  ["seconds", 1.797_69e308, "2.081e303 d"],
  ["seconds", 1.7e308, "1.968e303 d"],
  ["seconds", 5e-324, "4.941e-315 ns"],
  ["milliseconds", 118.23, "118.2 ms"],
  ["milliseconds", 0, "0 ms"],
  ["milliseconds", 0.25, "250 µs"],
  ["milliseconds", 1_200, "1.2 s"],
  ["microseconds", 90e6, "1 min 30 s"],
  ["nanoseconds", 1_500, "1.5 µs"],
  ["bytes", 0, "0 B"],
  ["bytes", 1.5 * GIB, "1.5 GiB"],
  ["bytes", 1_000 * KIB - 1, "1000 KiB"],
  ["bytes", 1_023.96 * KIB, "1 MiB"],
  ["bytes", -2 * MIB, "-2 MiB"],
  ["bytes", 1.7e308, "1.51e293 PiB"],
  ["bytes-per-second", 300 * KIB, "300 KiB/s"],
  ["bits", 1_500, "1.5 kbit"],
  ["bits-per-second", 1.2e6, "1.2 Mbit/s"],
  ["per-second", 12.345, "12.35/s"],
  ["per-second", 1_234_567, "1.235M/s"],
  ["percent", 42, "42 %"],
  ["ratio", 0.42, "42 %"],
  ["ratio", 1.7e308, "1.7e308"],
  ["hertz", 2.4e9, "2.4 GHz"],
  ["percent", -1.797_69e308, "-1.798e308 %"],
  ["celsius", -3.5, "-3.5 °C"],
  ["fahrenheit", 71.6, "71.6 °F"],
  ["minutes", 0, "0 min"],
  ["minutes", 90, "1 h 30 min"],
  ["hours", 36, "1 d 12 h"],
  ["days", 0.5, "12 h"],
  ["decimal-bytes", 1.5e9, "1.5 GB"],
  ["kilobytes", 0.5, "500 B"],
  ["kilobytes", 2_000, "2 MB"],
  ["watts", 0.25, "250 mW"],
  ["watts", 3_400, "3.4 kW"],
  ["volts", 230, "230 V"],
  ["amperes", 0, "0 A"],
  ["per-minute", 42, "42/min"],
  ["dollars", 12.5, "12.5 USD"],
  ["euros", 1_234_567, "1.235M EUR"],
])("in %s, %d is %s", (unit, value, text) => expect(english(formatIn(unit, value))).toBe(text));

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const unit = fc.constantFrom(...units);

test("every value is written, with its sign and few digits", () => {
  fc.assert(
    fc.property(unit, finite, (unit, value) => {
      const text = formatIn(unit, value);
      expect(text.length).toBeLessThan(22);
      expect(text.startsWith("-")).toBe(value < 0);
      expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }),
  );
});

describe("ticks", () => {
  test.each<[UnitName, number, number, number, number[]]>([
    ["none", 0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    ["none", 0, 0.3, 4, [0, 0.1, 0.2, 0.3]],
    ["none", -1, 1, 5, [-1, -0.5, 0, 0.5, 1]],
    ["none", 5, 5, 5, [5]],
    ["none", -7e307, 7e307, 4, [-5e307, 0, 5e307]],
    ["none", -1.7e308, 1.7e308, 5, [-1e308, 0, 1e308]],
    ["bytes", 0, 3 * GIB, 4, [0, GIB, 2 * GIB, 3 * GIB]],
    ["bytes", 0, 1_000, 4, [0, 256, 512, 768]],
    ["bytes", 0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    ["seconds", 0, 60, 5, [0, 15, 30, 45, 60]],
    ["seconds", 0, H, 5, [0, 15 * MIN, 30 * MIN, 45 * MIN, H]],
    ["seconds", 0, 20 * H, 4, [0, 6 * H, 12 * H, 18 * H]],
    ["seconds", 0, 40 * D, 5, [0, 10 * D, 20 * D, 30 * D, 40 * D]],
    ["milliseconds", 0, 90_000, 4, [0, 30_000, 60_000, 90_000]],
    ["milliseconds", 0, 50, 6, [0, 10, 20, 30, 40, 50]],
    ["none", 0, 1, 0, []],
    ["none", Number.NaN, 1, 5, []],
    ["none", -Infinity, Infinity, 5, [0]],
  ])("in %s from %d to %d, at most %d", (unit, min, max, most, ticks) =>
    expect(valueTicks(unit, min, max, most)).toEqual(ticks),
  );

  const extreme = fc.oneof(
    finite,
    fc.constantFrom(0, -0, 5e-324, -5e-324, 1.7e308, -1.7e308, 7e307, 2 ** 53, 1),
  );
  const span = fc
    .oneof(
      fc.tuple(extreme, extreme),
      // Far less than the values.
      fc
        .tuple(extreme, fc.double({ min: 0, max: 1e-10 }))
        .map(([at, part]) => [at, at + at * part]),
    )
    .map(([a, b]) => [Math.min(a!, b!), Math.max(a!, b!)] as const)
    .filter(([min, max]) => Number.isFinite(min) && Number.isFinite(max));

  test("ascend inside the axis, at most as many as fit, each with a label of its own", () => {
    fc.assert(
      fc.property(unit, span, fc.integer({ min: 1, max: 12 }), (unit, [min, max], most) => {
        const ticks = valueTicks(unit, min, max, most);
        expect(ticks.length).toBeLessThanOrEqual(most);
        ticks.forEach((tick, i) => {
          expect(tick >= min && tick <= max).toBe(true);
          if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1]!);
        });
        expect(new Set(tickLabels(unit, ticks)).size).toBe(ticks.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test("fill the axis when there is room", () => {
    const size = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(unit, size, fc.integer({ min: 4, max: 12 }), (unit, max, most) => {
        expect(valueTicks(unit, 0, max, most).length).toBeGreaterThanOrEqual(most / 3);
      }),
    );
  });
});

describe("labels of ticks", () => {
  const written = (unit: UnitName, ticks: readonly number[]) =>
    tickLabels(unit, ticks).map(english);
  const labels = (unit: UnitName, max: number, most = 5) =>
    written(unit, valueTicks(unit, 0, max, most)).join(", ");

  test("have one scale", () => {
    expect(labels("milliseconds", 1_000, 6)).toBe("0 s, 0.2 s, 0.4 s, 0.6 s, 0.8 s, 1 s");
    expect(labels("bytes", 1.5 * GIB, 4)).toBe("0 GiB, 0.5 GiB, 1 GiB, 1.5 GiB");
    expect(labels("none", 2e6)).toBe("0, 0.5M, 1M, 1.5M, 2M");
    expect(labels("per-second", 3e7, 4)).toBe("0/s, 10M/s, 20M/s, 30M/s");
    expect(labels("ratio", 1, 6)).toBe("0 %, 20 %, 40 %, 60 %, 80 %, 100 %");
  });
  test("are not fractions of a minute, an hour or a day, nor small ones of a GiB", () => {
    expect(labels("seconds", 90, 4)).toBe("0 s, 30 s, 60 s, 90 s");
    expect(labels("seconds", H)).toBe("0 min, 15 min, 30 min, 45 min, 60 min");
    expect(labels("bytes", GIB)).toBe("0 MiB, 256 MiB, 512 MiB, 768 MiB, 1024 MiB");
  });
  test("have the digits that tell them apart, and not more", () => {
    expect(written("percent", [99.9, 99.95, 100])).toEqual(["99.9 %", "99.95 %", "100 %"]);
    expect(written("none", [1_000_000.1, 1_000_000.2])).toEqual(["1000000.1", "1000000.2"]);
    expect(written("none", [0, 2e-8, 4e-8])).toEqual(["0", "2e-8", "4e-8"]);
    expect(written("celsius", [21.5])).toEqual(["21.5 °C"]);
  });
  test("of nothing are none", () => expect(tickLabels("none", [])).toEqual([]));

  test("of different numbers are different, whatever the numbers", () => {
    fc.assert(
      fc.property(
        unit,
        fc.uniqueArray(finite, { maxLength: 8, comparator: "IsStrictlyEqual" }),
        (unit, all) => {
          const ticks = all.sort((a, b) => a - b);
          expect(new Set(tickLabels(unit, ticks)).size).toBe(ticks.length);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

test("a low axis has three labels, not as many as the next step makes", () => {
  expect(enoughTicks("none", 1.05, 2.45, 3)).toEqual([1.2, 1.8, 2.4]);
  fc.assert(
    fc.property(
      fc.constantFrom(...units),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      fc.integer({ min: 3, max: 20 }),
      (unit, min, span, most) => {
        const { length } = enoughTicks(unit, min, min + span, most);
        expect(length).toBeGreaterThanOrEqual(3);
        expect(length).toBeLessThanOrEqual(most + 1);
      },
    ),
  );
});
