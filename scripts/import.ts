// `npm run import -- --from prometheus|influx|csv FILE`: sends what other stores wrote into files. Each
// request has a key made of its body, so that a run that was killed is simply started again.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { Client } from "./demo/client.ts";
import { figure, Progress } from "./demo/progress.ts";
import { SOURCES } from "./import/sources.ts";
import { runScript, Stop } from "./stop.ts";

const USAGE = `npm run import -- --from prometheus|influx|csv [options] FILE (may end in .gz)
  prometheus     a sample a line with its time: promtool tsdb dump, OpenMetrics
  influx         line protocol with times in ns: influxd inspect export-lp
  csv            a header with name, time (ISO 8601, seconds or ms), value; other columns are labels
  --url URL      the server (default http://localhost:8787)
  --token TOKEN  its API_TOKEN, when it has one (default: the variable API_TOKEN)`;

/** Of one request; the server takes 8 MB, and 100,000 points. */
const MOST_BYTES = 4_000_000;
const MOST_LINES = 20_000;

async function main(): Promise<void> {
  const { values, positionals } = parseOrStop();
  const source = SOURCES[values.from ?? ""];
  const [file, ...others] = positionals;
  if (values.help || source === undefined || file === undefined || others.length > 0)
    throw new Stop(USAGE);
  const size = await stat(file).catch(() => undefined);
  if (size === undefined) throw new Stop(`${file} is not there`);
  const url = values.url.replace(/\/+$/, "");
  const token = values.token ?? process.env.API_TOKEN;
  const progress = new Progress(process.stdout, size.size, "bytes");
  const client = new Client({ url, token }, (why, ms) =>
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
  let shown = 0;
  const send = async (): Promise<void> => {
    if (lines.length === 0) return;
    const body = `${lines.join("\n")}\n`;
    const key = `import-${createHash("sha256").update(body).digest("hex")}`;
    await client.post({ key, body, points: lines.length }, source);
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
    `Sent ${figure(sent)} lines; ${figure(skipped)} others (headers, NaN, infinities, empty values) have no point.`,
  );
}

function parseOrStop() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        from: { type: "string" },
        url: { type: "string", default: "http://localhost:8787" },
        token: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

await runScript(main);
