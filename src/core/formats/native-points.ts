// One item of the native formats, once it is parsed: a point, or many points of one series. Most never come
// here (native-plain.ts); a law holds both to the zod schema of the API document.

import { ok, err, type Result } from "../result.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { quote } from "../text.ts";
import { METRIC_TYPES } from "../metric-type.ts";
import { helpIssue, type Said, unitIssue } from "../series/description.ts";
import { parseBodyTime, type Precision, timestampToMs } from "../time.ts";
import type { Intake } from "./intake.ts";
import { described, isFinite, isObject, valueIssue } from "./json.ts";

/** Reads the items of one request, and notes in the intake what is wrong with them. */
export class PointReader {
  readonly #precision: Precision;
  readonly #intake: Intake;
  /** Fields that other formats have, and that say nothing here. */
  readonly #passedOver: ReadonlySet<string>;
  /** Series by name and labels as they stand in the item: most items repeat one. */
  readonly #seen = new Map<string, { readonly series: RequestSeries; readonly keys: number }>();
  /** Keys of all objects read so far. */
  keys = 0;

  constructor(precision: Precision, intake: Intake, passedOver: ReadonlySet<string>) {
    this.#passedOver = passedOver;
    this.#precision = precision;
    this.#intake = intake;
  }

  read(item: unknown, index: number): void {
    if (!isObject(item)) {
      this.#intake.issue(index, "", `expected a point, an object, got ${described(item)}`);
      return;
    }
    let labelsKey: "" | "labels" | "tags" = "";
    let isDescribed = false;
    // Only the names: of values that are read as `item[key]` in such a loop, V8 learns no types, and
    // compiles the method again and again.
    for (const key in item) {
      this.keys++;
      switch (key) {
        case "name":
        case "value":
        case "timestamp":
        case "datapoints":
          break;
        case "labels":
        case "tags":
          if (labelsKey !== "")
            this.#intake.issue(index, key, "labels and tags are two names of one field: give one");
          labelsKey = key;
          break;
        case "type":
        case "unit":
        case "help":
          isDescribed = true;
          break;
        default:
          if (this.#passedOver.has(key)) break;
          this.#intake.issue(
            index,
            key,
            `unknown field ${quote(key)}; a point has name, value, timestamp, labels, type, unit, help`,
          );
      }
    }
    const { name, value, timestamp, datapoints } = item;
    const labels = labelsKey === "tags" ? item.tags : item.labels;
    const series = this.#series(name, labels, labelsKey, index);
    if (isDescribed) this.#describe(item, name, index);
    if (datapoints !== undefined) {
      if (value !== undefined || timestamp !== undefined)
        this.#intake.issue(index, "datapoints", "stands beside value or timestamp: give one");
      this.#datapoints(datapoints, series, index);
    } else if (!isFinite(value)) this.#intake.issue(index, "value", valueIssue(value));
    else {
      const at = this.#at(timestamp);
      if (!at.ok) this.#intake.issue(index, "timestamp", at.error);
      else if (series !== undefined) this.#intake.add(series, at.value, value, index);
    }
  }

  /** What an item says of its metric. */
  #describe(
    { type, unit, help }: Readonly<Record<string, unknown>>,
    name: unknown,
    index: number,
  ): void {
    // As other formats have it, it says something else.
    if (this.#passedOver.has("type")) return;
    const kind = METRIC_TYPES.find((one) => one === type);
    if (type !== undefined && kind === undefined) {
      const message = `expected one of ${METRIC_TYPES.join(", ")}, got ${described(type)}`;
      this.#intake.issue(index, "type", message);
    }
    const word = this.#text("unit", unit, unitIssue, index);
    const text = this.#text("help", help, helpIssue, index);
    const said: Said = {
      ...(kind !== undefined && { type: kind }),
      ...(word !== undefined && { unit: word }),
      ...(text !== undefined && { help: text }),
    };
    if (typeof name === "string") this.#intake.describe(name, said);
  }

  /** A text with nothing wrong; else what is wrong is noted. */
  #text(
    field: string,
    text: unknown,
    issueOf: (text: string) => string | undefined,
    index: number,
  ): string | undefined {
    if (text === undefined) return undefined;
    const issue =
      typeof text === "string" ? issueOf(text) : `expected a text, got ${described(text)}`;
    if (typeof text === "string" && issue === undefined) return text;
    this.#intake.issue(index, field, typeof text === "string" ? `${quote(text)} ${issue}` : issue!);
    return undefined;
  }

  /** Of an item whose series is bad, only whether they are an array: none of them is stored. */
  #datapoints(datapoints: unknown, series: RequestSeries | undefined, index: number): void {
    if (!Array.isArray(datapoints)) {
      const message = `expected an array of [timestamp, value], got ${described(datapoints)}`;
      this.#intake.issue(index, "datapoints", message);
      return;
    }
    if (series === undefined) return;
    // A path is made only for what is wrong.
    for (let i = 0; i < datapoints.length; i++) {
      const pair: unknown = datapoints[i];
      if (!Array.isArray(pair) || pair.length !== 2) {
        const message = `expected [timestamp, value], got ${described(pair)}`;
        this.#intake.issue(index, `datapoints[${i}]`, message, "part");
        continue;
      }
      const [timestamp, value] = pair as [unknown, unknown];
      const at = this.#at(timestamp);
      if (!isFinite(value))
        this.#intake.issue(index, `datapoints[${i}][1]`, valueIssue(value), "part");
      else if (!at.ok) this.#intake.issue(index, `datapoints[${i}][0]`, at.error, "part");
      else this.#intake.add(series, at.value, value, index);
      if (this.#intake.isFull) return;
    }
  }

  /** The number of its series; undefined when that has an issue. */
  #series(
    name: unknown,
    labels: unknown,
    labelsKey: string,
    index: number,
  ): RequestSeries | undefined {
    if (typeof name !== "string") {
      const message = name === undefined ? "is missing" : `expected a text, got ${described(name)}`;
      this.#intake.issue(index, "name", message);
      return undefined;
    }
    // JSON escapes control characters, so the last NUL parts the two, whatever they hold.
    const seenKey = `${name}\u0000${labels === undefined ? "" : JSON.stringify(labels)}`;
    const seen = this.#seen.get(seenKey);
    if (seen !== undefined) {
      this.keys += seen.keys;
      return seen.series;
    }
    const pairs = this.#pairs(labels, labelsKey, index);
    if (pairs === undefined) return undefined;
    const series = this.#intake.series(name, pairs);
    if (!series.ok) {
      this.#intake.issue(index, series.error.path, series.error.message);
      return undefined;
    }
    this.#seen.set(seenKey, { series: series.value, keys: pairs.length });
    this.keys += pairs.length;
    return series.value;
  }

  #pairs(labels: unknown, labelsKey: string, index: number): [string, string][] | undefined {
    if (labels === undefined) return [];
    if (!isObject(labels)) {
      const message = `expected an object of texts, got ${described(labels)}`;
      this.#intake.issue(index, labelsKey, message);
      return undefined;
    }
    const pairs: [string, string][] = [];
    for (const [name, value] of Object.entries(labels)) {
      if (typeof value !== "string") {
        const message = `expected a text, got ${described(value)}`;
        this.#intake.issue(index, `${labelsKey}.${name}`, message);
        return undefined;
      }
      pairs.push([name, value]);
    }
    return pairs;
  }

  #at(timestamp: unknown): Result<number, string> {
    if (typeof timestamp === "number") return timestampToMs(timestamp, this.#precision);
    if (timestamp === undefined) return ok(this.#intake.arrival());
    if (typeof timestamp === "string") return parseBodyTime(timestamp, this.#precision);
    return err(`expected a time, got ${described(timestamp)}`);
  }
}
