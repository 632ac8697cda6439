// What collectd's write_http sends: value lists as JSON, and PUTVAL lines of its text protocol. Series are
// named as collectd itself names them for KairosDB: `collectd.<plugin>`, with host, plugin_instance,
// type, type_instance and, of several values, ds as labels. So another Format does not change them.

import { z } from "zod";
import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { timestampToMs } from "../time.ts";
import { type Decoding, format, tooMany } from "./format.ts";
import { readPutval, type ValueList } from "./collectd-putval.ts";
import type { Intake } from "./intake.ts";
import { described, isArray, isFinite, isObject, valueIssue } from "./json.ts";
import { itemsInParts } from "./json-items.ts";
import { renderNative } from "./native-answer.ts";
import type { Outcome } from "./outcome.ts";
import { Part, SLOW } from "./part.ts";
import { askingPassword, passwordToken } from "./password.ts";
import { takeLines } from "./text-lines.ts";

const collectd = {
  methods: ["POST"],
  paths: ["/api/v1/collectd"],
  parameters: z.looseObject({}),
  token: passwordToken,
  sendsAgain: true,
  badItem: "skip",
  // It looks at nothing but the status.
  render: (outcome: Outcome) => askingPassword(renderNative(outcome)),
} as const;

export const collectdJson = format({
  ...collectd,
  name: "collectd JSON",
  summary: "Value lists, as write_http sends them with `Format JSON`",
  types: ["application/json", ""],
  decode: (bytes, _, intake) => decodeLists(bytes, intake),
});

export const collectdCommand = format({
  ...collectd,
  name: "collectd Command",
  summary: "PUTVAL lines, as write_http sends them with `Format Command`",
  types: ["text/plain"],
  decode: (bytes, _, intake) => decodeCommands(bytes, intake),
});

function* decodeLists(bytes: Uint8Array, intake: Intake): Decoding {
  const taker = new ListTaker(intake);
  const part = new Part(intake, SLOW);
  let i = 0;
  const read = yield* itemsInParts(bytes, undefined, function* (items) {
    for (const item of items) {
      const list = listOf(item);
      if (list.ok) taker.take(list.value, i);
      else intake.issue(i, "", `[${i}]: ${list.error}`);
      if (intake.isFull) return tooMany(intake);
      if (part.isOver()) yield part.end();
      i++;
    }
    return undefined;
  });
  if (!read.ok) return read;
  if (read.value) return ok(undefined);
  return err({ code: "invalid_body", message: "expected an array of value lists" });
}

function decodeCommands(bytes: Uint8Array, intake: Intake): Decoding {
  const taker = new ListTaker(intake);
  return takeLines(bytes, intake, (line, i) => {
    const lists = readPutval(line);
    if (!lists.ok) return `line ${i + 1}: ${lists.error}`;
    for (const list of lists.value) {
      taker.take(list, i);
      if (intake.isFull) break;
    }
    return undefined;
  });
}

function listOf(item: unknown): Result<ValueList, string> {
  if (!isObject(item)) return err(`expected a value list, got ${described(item)}`);
  const { host, plugin, plugin_instance, type, type_instance, values, dsnames, time } = item;
  if (typeof host !== "string" || typeof plugin !== "string" || typeof type !== "string")
    return err("host, plugin and type: expected texts");
  if (!isText(plugin_instance) || !isText(type_instance))
    return err("plugin_instance and type_instance: expected texts");
  if (!isArray(values)) return err(`values: expected an array, got ${described(values)}`);
  if (!isArray(dsnames) || !dsnames.every(isName) || dsnames.length !== values.length)
    return err("dsnames: expected a name for each value");
  if (values.length > LIMITS.pointsPerRequest)
    return err(
      `values: ${values.length} are more than the ${LIMITS.pointsPerRequest} of a request`,
    );
  if (time !== undefined && typeof time !== "number")
    return err(`time: expected seconds, got ${described(time)}`);
  return ok({
    host,
    plugin,
    pluginInstance: plugin_instance ?? "",
    type,
    typeInstance: type_instance ?? "",
    sources: dsnames,
    timeSec: time,
    values,
  });
}

const isName = (value: unknown): value is string => typeof value === "string";

const isText = (value: unknown): value is string | null | undefined =>
  value === undefined || value === null || typeof value === "string";

/** Takes value lists in, and finds their series again. */
class ListTaker {
  readonly #intake: Intake;
  readonly #seen = new Map<string, readonly RequestSeries[]>();

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  take(list: ValueList, index: number): void {
    const intake = this.#intake;
    const series = this.#series(list);
    if (!series.ok) {
      intake.issue(index, series.error.path, series.error.message);
      return;
    }
    const at = list.timeSec === undefined ? ok(intake.arrival()) : timestampToMs(list.timeSec, "s");
    if (!at.ok) {
      intake.issue(index, "time", at.error);
      return;
    }
    for (const [i, value] of list.values.entries()) {
      // A gauge that has no value just now.
      if (value === null) continue;
      if (isFinite(value)) intake.add(series.value[i]!, at.value, value, index);
      else intake.issue(index, `values[${i}]`, valueIssue(value), "part");
    }
  }

  /** One for each of its values. */
  #series(list: ValueList): ReturnType<typeof seriesOf> {
    const { host, plugin, pluginInstance, type, typeInstance, sources } = list;
    // Names hold no NUL; a series of one that does is refused each time.
    const key = [host, plugin, pluginInstance, type, typeInstance, ...sources].join("\0");
    const known = this.#seen.get(key);
    if (known !== undefined) return ok(known);
    const series = seriesOf(list, this.#intake);
    if (series.ok) this.#seen.set(key, series.value);
    return series;
  }
}

function seriesOf(
  list: ValueList,
  intake: Intake,
): Result<readonly RequestSeries[], { readonly path: string; readonly message: string }> {
  const pairs: readonly (readonly [string, string])[] = [
    ["host", list.host],
    ["plugin_instance", list.pluginInstance],
    ["type", list.type],
    ["type_instance", list.typeInstance],
  ];
  const all: RequestSeries[] = [];
  for (const source of list.sources) {
    const more = list.sources.length > 1 ? [["ds", source] as const] : [];
    const series = intake.series(`collectd.${list.plugin}`, [...pairs, ...more]);
    if (!series.ok) return series;
    all.push(series.value);
  }
  return ok(all);
}
