// `npm run export -- --out FILE`: all that a store keeps into a file, over HTTP, metric by metric. A run that was
// killed goes on where it was.

import { parseArgs } from "node:util";
import type { MetricsAnswer } from "../src/core/api.ts";
import {
  fileAt,
  isAll,
  isSelected,
  SELECTION,
  SELECTION_USAGE,
  selectionOf,
} from "./backup/options.ts";
import { PartFile } from "./backup/part.ts";
import { type Piece, pieceOf } from "./backup/piece.ts";
import { settingLines } from "./backup/settings.ts";
import { Client, waitMs } from "./demo/client.ts";
import { figure, Progress } from "./demo/progress.ts";
import { runScript, Stop } from "./stop.ts";

const USAGE = `npm run export -- --out FILE [options]: samples and buckets of all metrics, bit for bit, as NDJSON in gzip
  --out FILE     where to; begun as FILE.part, and gone on with by the same command after a stop
${SELECTION_USAGE}
Without --metric, --since and --until also saved views, events and rules of alerts.`;

/** Where a run that was killed goes on. */
interface Place {
  /** Metrics before this one are done. */
  readonly metric: string;
  /** Of it, what is before, Unix ms. */
  readonly from: number;
  readonly lines: number;
  readonly unreadable: number;
  /** Views, events and rules are in it. */
  readonly settings?: true;
}

async function main(): Promise<void> {
  const values = parseOrStop();
  if (values.help || values.out === undefined) throw new Stop(USAGE);
  const out = fileAt(values.out);
  const url = values.url.replace(/\/+$/, "");
  const selection = selectionOf(values, Date.now());
  const { since, until } = selection;
  const asked = {
    url,
    metrics: selection.metrics,
    since,
    until: Number.isFinite(until) ? until : null,
  };
  const token = values.token ?? process.env.API_TOKEN;
  const waiting: { note?: (text: string) => void } = {};
  const client = new Client({ url, token }, (why, ms) =>
    waiting.note?.(`Waiting ${Math.round(ms / 100) / 10} s: ${why}`),
  );
  // What is refused is refused before a file is made.
  const metrics = (await namesOf(client)).filter((name) => isSelected(name, selection));
  const part = await PartFile.open<Place>(out, asked);
  const start = part.place;
  if (start === undefined) {
    const header = { minuet: "backup", version: 1, exportedAt: new Date().toISOString() };
    await part.append(`${JSON.stringify(header)}\n`, {
      metric: "",
      from: 0,
      lines: 0,
      unreadable: 0,
    });
  }
  let { lines, unreadable } = part.place!;
  const progress = new Progress(process.stdout, metrics.length, "metrics");
  waiting.note = (text) => progress.note(text);
  if (start !== undefined && !part.isWhole)
    progress.note(`Going on with ${out}.part at ${start.metric || "its beginning"}.`);
  for (const [i, metric] of metrics.entries()) {
    if (part.isWhole) break;
    if (start === undefined || metric >= start.metric) {
      let from: number | undefined = Math.max(since, metric === start?.metric ? start.from : 0);
      while (from !== undefined) {
        const query = new URLSearchParams({
          metric,
          from: String(from),
          ...(Number.isFinite(until) && { to: String(until) }),
        });
        const piece = await pieceAt(client, query, (text) => progress.note(text));
        // Removed meanwhile.
        if (piece === undefined) break;
        lines += piece.lines;
        unreadable += piece.unreadable;
        const next: string | undefined = piece.next === undefined ? metrics[i + 1] : metric;
        await part.append(piece.text, {
          // A name that comes behind all others.
          metric: next ?? "\uffff",
          from: piece.next ?? 0,
          lines,
          unreadable,
        });
        from = piece.next;
      }
    }
    progress.add(1);
  }
  if (isAll(selection) && !part.isWhole && part.place?.settings !== true) {
    const settings = await settingLines(client);
    lines += settings.length;
    const text = settings.map((line) => `${JSON.stringify(line)}\n`).join("");
    await part.append(text, { ...part.place!, lines, settings: true });
  }
  await part.finish();
  progress.end();
  console.log(`${out}: ${figure(lines)} lines of ${figure(metrics.length)} metrics.`);
  if (unreadable > 0)
    throw new Stop(
      `${figure(unreadable)} parts of the store cannot be read, and are not in it: the lines that begin with {"unreadable" say which`,
    );
}

/** Attempts at a piece that the server begins and does not end. */
const ATTEMPTS = 5;

/** What the server answers; undefined: it does not know the metric. @throws Stop */
async function pieceAt(
  client: Client,
  query: URLSearchParams,
  note: (text: string) => void,
): Promise<Piece | undefined> {
  for (let attempt = 1; ; attempt++) {
    const text = await client.ask(`/api/v1/backup?${query}`);
    if (text === undefined) return undefined;
    const piece = pieceOf(text);
    if (piece.failed === undefined) return piece;
    const why = `of ${query.get("metric")} it told a part, then: ${piece.failed}`;
    if (attempt === ATTEMPTS)
      throw new Stop(`Gave up after ${attempt} attempts: ${why}. Run the same command again`);
    const ms = waitMs(attempt, null);
    note(`Waiting ${Math.round(ms / 100) / 10} s: ${why}`);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** The names of all metrics, in order. */
async function namesOf(client: Client): Promise<readonly string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const query = new URLSearchParams({ limit: "1000", ...(cursor !== "" && { cursor }) });
    const answer = JSON.parse(
      (await client.ask(`/api/v1/metrics?${query}`)) ?? "",
    ) as MetricsAnswer;
    const [missing] = answer.missing ?? [];
    if (missing !== undefined)
      throw new Stop(`a part of the store does not answer (${missing.message}): try again later`);
    names.push(...answer.metrics.map(({ name }) => name));
    ({ cursor } = answer);
  }
  return names.sort((a, b) => (a < b ? -1 : 1));
}

function parseOrStop() {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(2),
      options: { ...SELECTION, out: { type: "string" } },
    });
    return values;
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

await runScript(main);
