// `npm run import -- FILE`: a backup into a store; with `--from prometheus|influx|csv`, what other stores wrote. Of
// these, each request has a key made of its body, so that a run that was killed is simply started again.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { importBackup } from "./backup/import.ts";
import { fileAt, SELECTION, SELECTION_USAGE, selectionOf } from "./backup/options.ts";
import { Client, Refused } from "./demo/client.ts";
import { figure, Progress } from "./demo/progress.ts";
import { SOURCES } from "./import/sources.ts";
import { runScript, Stop } from "./stop.ts";

const USAGE = `npm run import -- [options] FILE: what \`npm run export\` wrote, where the store does not have it
${SELECTION_USAGE}
npm run import -- --from prometheus|influx|csv [options] FILE (may end in .gz): what other stores wrote
  prometheus     a sample a line with its time: promtool tsdb dump, OpenMetrics
  influx         line protocol with times in ns: influxd inspect export-lp
  csv            a header with name, time (ISO 8601, seconds or ms), value; other columns are labels
  --url, --token as above; --metric, --since and --until are of backups`;

/** Of one request; the server takes 8 MB, and 100,000 points. */
const MOST_BYTES = 4_000_000;
const MOST_LINES = 20_000;

async function main(): Promise<void> {
  const { values, positionals } = parseOrStop();
  const [typed, ...others] = positionals;
  if (values.help || typed === undefined || others.length > 0) throw new Stop(USAGE);
  const file = fileAt(typed);
  const server = {
    url: values.url.replace(/\/+$/, ""),
    token: values.token ?? process.env.API_TOKEN,
  };
  if (values.from === undefined)
    return await importBackup(file, server, selectionOf(values, Date.now()));
  const source = SOURCES[values.from];
  if (source === undefined || values.metric.length > 0 || values.since || values.until)
    throw new Stop(USAGE);
  const size = await stat(file).catch(() => undefined);
  if (size === undefined) throw new Stop(`${file} is not there`);
  const progress = new Progress(process.stdout, size.size, "bytes");
  const client = new Client(server, (why, ms) =>
    progress.note(`Waiting ${Math.round(ms / 100) / 10} s: ${why}`),
  );
  const bytes = createReadStream(file);
  let read = 0;
  bytes.on("data", (chunk) => (read += chunk.length));
  const plain = file.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes;
  const convert = source.convert();
  let lines: string[] = [];
  let length = 0;
  let number = 0;
  let sent = 0;
  let skipped = 0;
  let rejected = 0;
  let shown = 0;
  const send = async (): Promise<void> => {
    if (lines.length === 0) return;
    const body = `${lines.join("\n")}\n`;
    const key = `import-${createHash("sha256").update(body).digest("hex")}`;
    try {
      await client.post({ key, body, points: lines.length }, source);
    } catch (error) {
      const partly = error instanceof Refused ? source.partly(error.answer) : undefined;
      if (partly === undefined) throw error;
      if (rejected === 0) progress.note(`Not stored, up to line ${number}: ${partly.why}`);
      rejected += partly.rejected;
    }
    sent += lines.length;
    progress.add(read - shown);
    shown = read;
    lines = [];
    length = 0;
  };
  for await (const line of createInterface({ input: plain, crlfDelay: Infinity })) {
    const converted = convert(line, ++number);
    if (converted === undefined) {
      if (line.trim() !== "" && !line.startsWith("#")) skipped++;
      continue;
    }
    lines.push(converted);
    length += converted.length;
    if (length >= MOST_BYTES || lines.length >= MOST_LINES) await send();
  }
  await send();
  progress.end();
  console.log(
    `Sent ${figure(sent)} lines, of which what a run of the last day had sent counts once; ${figure(skipped)} others (headers, NaN, infinities, empty values) have no point.`,
  );
  if (rejected > 0)
    throw new Stop(
      `${figure(rejected)} points were refused, of which the first are named above; all others are stored.`,
    );
}

function parseOrStop() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        ...SELECTION,
        from: { type: "string" },
      },
    });
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

await runScript(main);
