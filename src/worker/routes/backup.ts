// /api/v1/backup: all that is kept of a metric as lines of JSON, and such lines back into a store. By
// `npm run export` and `npm run import`; what a line is, is said in docs/backup.md.

import { z } from "zod";
import { aboutLine } from "../../core/backup/lines.ts";
import { type Line, readLine } from "../../core/backup/read.ts";
import { decodeUtf8 } from "../../core/formats/utf8.ts";
import * as LIMITS from "../../core/limits.ts";
import type { Description } from "../../core/series/description.ts";
import { DAY } from "../../core/tiers.ts";
import { importLines } from "../backup/import.ts";
import { linesOf } from "../backup/export.ts";
import { configOf } from "../env.ts";
import { readBody } from "../http/body.ts";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { metricName, time } from "../http/fields.ts";
import { streamOfLater } from "../http/stream.ts";
import { describeMetric } from "../read/catalogue.ts";
import { sourceOf } from "../read/source.ts";
import { failUnknown } from "../read/unknown.ts";
import { Turns, type TurnSize } from "../turns.ts";

const path = "/api/v1/backup";
const NDJSON = "application/x-ndjson";
/** Characters of lines that are read in a turn. */
const TURN: TurnSize = { long: 1_200_000, short: 75_000 };

export const readBackup = endpoint({
  methods: ["GET"],
  path,
  scope: "admin",
  ofAll: true,
  summary: "All that is kept of a metric, bit for bit, as lines of JSON",
  description: `By UTC day, and of each day all series: samples and buckets of minutes, where these are kept, else hours and the day. The last line is {"next": ms} when there is more, which is asked for with from=, or {"end": true}. \`npm run export\` does all that.`,
  parameters: z.object({
    metric: metricName,
    from: time("0", "Start of the range; the UTC day that holds it is told as a whole"),
    to: time("+1d", "End of the range, likewise"),
  }),
  answer: z.string().meta({ description: "Lines of JSON: docs/backup.md" }),
  alsoAs: [NDJSON],
  errors: [
    "unknown_metric",
    "query_too_large",
    "query_timeout",
    "unavailable",
    "too_many_requests",
  ],
  async handle({ metric, from, to }, c) {
    const now = Date.now();
    const found = await describeMetric(c.env, metric);
    if (found === undefined) return failUnknown(c.env, "", metric);
    const { firstAt, lastAt } = found.answer;
    const floor = (at: number): number => Math.floor(at / DAY) * DAY;
    const lines = linesOf(
      sourceOf(c.env, "", now, { isBulk: true }),
      {
        metric,
        // An end mark may be behind the last point.
        from: Math.max(floor(from), floor(firstAt)),
        to: Math.min(floor(to + DAY - 1), floor(Math.max(lastAt, now)) + 2 * DAY),
        samplesPerMinute: configOf(c.env).samplesPerMinute,
      },
      isSaid(found.description) ? aboutLine(metric, found.description) : "",
    );
    // What can be said of the whole question is said by the status.
    const first = await lines.next();
    return new Response(streamOfLater(first.done === true ? "" : first.value, lines), {
      headers: { "content-type": NDJSON, "cache-control": "no-store" },
    });
  },
});

const isSaid = ({ said, set }: Description): boolean =>
  Object.keys(said).length + Object.keys(set).length > 0;

const answer = z
  .object({
    stored: z.number().meta({ description: "Minutes, hours and days that are new here" }),
    kept: z.number().meta({ description: "Those that the store had" }),
    left: z.number().meta({ description: "Those that could not be put" }),
    why: z.string().exactOptional().meta({ description: "Of the first that could not" }),
  })
  .meta({ id: "BackupAnswer" });

/** Lines whose faults are told. */
const TOLD = 3;

export const takeBackup = endpoint({
  methods: ["POST"],
  path,
  scope: "admin",
  ofAll: true,
  summary: "Take lines of a backup in, where the store has nothing",
  description:
    "What the store has already stays as it is: each minute of a series, and of days without minutes each hour. So lines may come again, and count once. A body with a line that is wrong is refused as a whole.",
  body: { schema: z.string(), types: [NDJSON] },
  answer,
  errors: [
    "invalid_utf8",
    "invalid_encoding",
    "invalid_body",
    "too_large",
    "query_too_large",
    "query_timeout",
    "unavailable",
    "too_many_requests",
  ],
  async handle(_asked, c) {
    const body = decodeUtf8(await readBody(c.req.raw, {}));
    if (!body.ok) return fail({ kind: "invalid_utf8", message: body.error.message });
    const text = body.value;
    const now = Date.now();
    const lines: Line[] = [];
    const wrong: string[] = [];
    let number = 0;
    let many = 0;
    const turns = new Turns(TURN);
    for (const line of text.split("\n")) {
      number++;
      if (line.trim() === "") continue;
      const read = readLine(line, now + LIMITS.aheadMs);
      if (read.ok) lines.push(read.value);
      else if (++many <= TOLD) wrong.push(`line ${number}: ${read.error}`);
      if (turns.isOver(line.length)) await turns.next();
    }
    turns.rest();
    if (many > 0)
      fail({
        kind: "invalid_body",
        message: `${wrong.join("; ")}${many > TOLD ? `; and ${many - TOLD} others` : ""}. Nothing of the body is stored`,
      });
    return await importLines(c.env, lines, now);
  },
});
