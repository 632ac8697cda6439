// Graphite's plaintext: `path[;tag=value…] value timestamp`, one a line, the time in seconds. Over HTTP
// it has no clients of its own, so it is answered as the native formats are.

import { z } from "zod";
import { err, type Result } from "../result.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { quote } from "../text.ts";
import { parseBodyTime } from "../time.ts";
import { type Decoding, format } from "./format.ts";
import type { Intake } from "./intake.ts";
import { renderNative } from "./native-answer.ts";
import { askingPassword, passwordToken } from "./password.ts";
import { NUMBER, takeLines } from "./text-lines.ts";

export const graphite = format({
  name: "Graphite",
  summary: "Plaintext: `path;tag=a value seconds`, one a line; -1 for the time is arrival",
  methods: ["POST"],
  paths: ["/api/v1/graphite"],
  types: ["text/plain", "*"],
  parameters: z.object({}),
  token: passwordToken,
  sendsAgain: true,
  badItem: "skip",
  decode: (bytes, _, intake) => decodeGraphite(bytes, intake),
  render: (outcome) => askingPassword(renderNative(outcome)),
});

const SECONDS = /^\d+(?:\.\d+)?$/;

function decodeGraphite(bytes: Uint8Array, intake: Intake): Decoding {
  const seen = new Map<string, Result<RequestSeries, string>>();
  return takeLines(bytes, intake, (line, i) => {
    const why = readLine(line, i, seen, intake);
    return why && `${quote(line)}: ${why}`;
  });
}

/** Takes the point of a line; what is wrong with it, or undefined. */
function readLine(
  line: string,
  index: number,
  seen: Map<string, Result<RequestSeries, string>>,
  intake: Intake,
): string | undefined {
  const [path = "", number = "", time = "", ...more] = line.split(/[ \t]+/);
  if (time === "" || more.length > 0) return "expected `path value timestamp`";
  let series = seen.get(path);
  if (series === undefined) seen.set(path, (series = seriesOf(path, intake)));
  if (!series.ok) return series.error;
  const value = Number(number);
  if (!NUMBER.test(number) || !Number.isFinite(value))
    return `expected a finite number, got ${quote(number)}`;
  if (time === "-1") {
    intake.add(series.value, intake.arrival(), value, index);
    return undefined;
  }
  if (!SECONDS.test(time)) return `expected seconds since 1970, got ${quote(time)}`;
  const at = parseBodyTime(time, "s");
  if (!at.ok) return at.error;
  intake.add(series.value, at.value, value, index);
  return undefined;
}

function seriesOf(path: string, intake: Intake): Result<RequestSeries, string> {
  const [name = "", ...tags] = path.split(";");
  const pairs: [string, string][] = [];
  for (const tag of tags) {
    const equals = tag.indexOf("=");
    if (equals < 1 || equals === tag.length - 1)
      return err(`expected tag=value, got ${quote(tag)}`);
    pairs.push([tag.slice(0, equals), tag.slice(equals + 1)]);
  }
  const series = intake.series(name, pairs);
  return series.ok ? series : err(`${series.error.path}: ${series.error.message}`);
}
