// The native write format: JSON and NDJSON to points. See docs of POST /api/v1/points.
// Written by hand since it is the hot path; a test holds it to the zod schema of the API document.

import { type Intake } from "./intake.ts";
import { quote } from "../text.ts";
import { duplicateKey, isDeeper } from "./json-keys.ts";
import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { parseTime, type Precision, timestampToMs } from "../time.ts";

/** The body cannot be read at all. */
export interface BadBody {
  readonly code: "invalid_json" | "too_many_points";
  readonly message: string;
}

/** JSON: one point, or an array of points. Bad items are noted in `intake.problems`. */
export function decodeJson(
  text: string,
  precision: Precision,
  intake: Intake,
): Result<void, BadBody> {
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const items = Array.isArray(parsed.value) ? (parsed.value as unknown[]) : [parsed.value];
  if (items.length > LIMITS.pointsPerRequest) return err(TOO_MANY);
  const reader = new PointReader(precision, intake);
  for (let i = 0; i < items.length; i++) {
    const bad = reader.read(items[i], i);
    if (bad !== undefined) return err(bad);
  }
  noteDuplicate(text, reader.keys, intake, 0);
  return ok(undefined);
}

/** NDJSON: a point a line; empty lines are skipped. An item's index is its line, from 0. */
export function decodeNdjson(
  text: string,
  precision: Precision,
  intake: Intake,
): Result<void, BadBody> {
  const reader = new PointReader(precision, intake);
  let items = 0;
  for (let i = 0, start = 0; start < text.length; i++) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? undefined : end);
    start += line.length + 1;
    if (line.trim() === "") continue;
    if (++items > LIMITS.pointsPerRequest) return err(TOO_MANY);
    const parsed = parse(line);
    if (!parsed.ok) {
      intake.problem(i, "", parsed.error.message);
      continue;
    }
    const keys = reader.keys;
    const bad = reader.read(parsed.value, i);
    if (bad !== undefined) return err(bad);
    noteDuplicate(line, reader.keys - keys, intake, i);
  }
  return ok(undefined);
}

const TOO_MANY: BadBody = {
  code: "too_many_points",
  message: `a request may hold ${LIMITS.pointsPerRequest} points: send several`,
};

function parse(text: string): Result<unknown, BadBody> {
  if (text.trim() === "")
    return err({
      code: "invalid_json",
      message: "the body is empty: expected a point, or an array of points",
    });
  if (isDeeper(text, LIMITS.jsonDepth))
    return err({
      code: "invalid_json",
      message: `nested deeper than ${LIMITS.jsonDepth} levels, the limit: points need four at most`,
    });
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err({ code: "invalid_json", message: `not valid JSON: ${why}` });
  }
}

/** A body with other problems is refused for those; unknown keys would be counted wrong. */
function noteDuplicate(text: string, keys: number, intake: Intake, index: number): void {
  if (intake.problemCount > 0) return;
  const twice = duplicateKey(text, keys);
  if (twice === undefined) return;
  const { key, item } = twice;
  intake.problem(index + item, key, `the key ${quote(key)} stands twice in an object`);
}

const describe = (value: unknown): string =>
  typeof value === "string"
    ? quote(value)
    : typeof value === "object" && value !== null
      ? Array.isArray(value)
        ? "an array"
        : "an object"
      : String(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

class PointReader {
  readonly #precision: Precision;
  readonly #intake: Intake;
  /** Series by name and labels as they stand in the item: most items repeat one. */
  readonly #seen = new Map<string, { readonly series: number; readonly keys: number }>();
  #points = 0;
  /** Keys of all objects read so far. */
  keys = 0;

  constructor(precision: Precision, intake: Intake) {
    this.#precision = precision;
    this.#intake = intake;
  }

  /** Reads one item; returns what makes the whole body unreadable, if anything does. */
  read(item: unknown, index: number): BadBody | undefined {
    if (!isObject(item)) {
      this.#intake.problem(index, "", `expected a point, an object, got ${describe(item)}`);
      return undefined;
    }
    let name: unknown;
    let value: unknown;
    let timestamp: unknown;
    let labels: unknown;
    let datapoints: unknown;
    let labelsKey = "";
    for (const key in item) {
      this.keys++;
      switch (key) {
        case "name":
          name = item[key];
          break;
        case "value":
          value = item[key];
          break;
        case "timestamp":
          timestamp = item[key];
          break;
        case "labels":
        case "tags":
          if (labelsKey !== "")
            this.#intake.problem(
              index,
              key,
              "labels and tags are two names of one field: give one",
            );
          labelsKey = key;
          labels = item[key];
          break;
        case "datapoints":
          datapoints = item[key];
          break;
        default:
          this.#intake.problem(
            index,
            key,
            `unknown field ${quote(key)}; a point has name, value, timestamp, labels`,
          );
      }
    }
    const series = this.#series(name, labels, labelsKey, index);
    if (datapoints !== undefined) {
      if (value !== undefined || timestamp !== undefined)
        this.#intake.problem(index, "datapoints", "stands beside value or timestamp: give one");
      return this.#datapoints(datapoints, series, index);
    }
    this.#point(value, timestamp, series, index, "value", "timestamp");
    return this.#full();
  }

  #datapoints(datapoints: unknown, series: number, index: number): BadBody | undefined {
    if (!Array.isArray(datapoints)) {
      const message = `expected an array of [timestamp, value], got ${describe(datapoints)}`;
      this.#intake.problem(index, "datapoints", message);
      return undefined;
    }
    for (const [i, pair] of (datapoints as unknown[]).entries()) {
      const path = `datapoints[${i}]`;
      if (!Array.isArray(pair) || pair.length !== 2) {
        const message = `expected [timestamp, value], got ${describe(pair)}`;
        this.#intake.problem(index, path, message);
        continue;
      }
      const [timestamp, value] = pair as [unknown, unknown];
      this.#point(value, timestamp, series, index, `${path}[1]`, `${path}[0]`);
      const full = this.#full();
      if (full !== undefined) return full;
    }
    return undefined;
  }

  /** The series number, −1 when it has a problem. */
  #series(name: unknown, labels: unknown, labelsKey: string, index: number): number {
    if (typeof name !== "string") {
      const message = name === undefined ? "is missing" : `expected a text, got ${describe(name)}`;
      this.#intake.problem(index, "name", message);
      return -1;
    }
    // JSON escapes control characters, so the last NUL parts the two, whatever they hold.
    const seenKey = `${name}\u0000${labels === undefined ? "" : JSON.stringify(labels)}`;
    const seen = this.#seen.get(seenKey);
    if (seen !== undefined) {
      this.keys += seen.keys;
      return seen.series;
    }
    const pairs = this.#pairs(labels, labelsKey, index);
    if (pairs === undefined) return -1;
    const series = this.#intake.series(name, pairs);
    if (!series.ok) {
      this.#intake.problem(index, series.error.path, series.error.message);
      return -1;
    }
    this.#seen.set(seenKey, { series: series.value, keys: pairs.length });
    this.keys += pairs.length;
    return series.value;
  }

  #pairs(labels: unknown, labelsKey: string, index: number): [string, string][] | undefined {
    if (labels === undefined) return [];
    if (!isObject(labels)) {
      const message = `expected an object of texts, got ${describe(labels)}`;
      this.#intake.problem(index, labelsKey, message);
      return undefined;
    }
    const pairs: [string, string][] = [];
    for (const [name, value] of Object.entries(labels)) {
      if (typeof value !== "string") {
        const message = `expected a text, got ${describe(value)}`;
        this.#intake.problem(index, `${labelsKey}.${name}`, message);
        return undefined;
      }
      pairs.push([name, value]);
    }
    return pairs;
  }

  #point(
    value: unknown,
    timestamp: unknown,
    series: number,
    index: number,
    valuePath: string,
    timePath: string,
  ): void {
    this.#points++;
    if (typeof value !== "number" || value - value !== 0) {
      const message =
        value === undefined ? "is missing" : `expected a finite number, got ${describe(value)}`;
      this.#intake.problem(index, valuePath, message);
      return;
    }
    const at = this.#at(timestamp);
    if (!at.ok) this.#intake.problem(index, timePath, at.error);
    else if (series >= 0) this.#intake.add(series, at.value, value, index);
  }

  #at(timestamp: unknown): Result<number, string> {
    if (typeof timestamp === "number") return timestampToMs(timestamp, this.#precision);
    if (timestamp === undefined) return ok(this.#intake.now);
    if (typeof timestamp === "string")
      return parseTime(timestamp, this.#intake.now, this.#precision);
    return err(`expected a time, got ${describe(timestamp)}`);
  }

  #full(): BadBody | undefined {
    return this.#points > LIMITS.pointsPerRequest ? TOO_MANY : undefined;
  }
}
