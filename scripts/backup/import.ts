// Sends the lines of a backup to a store, which takes what it does not have. So a run that was killed is simply
// started again.

import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createGunzip, gzipSync } from "node:zlib";
import { type Imported, sum } from "../../src/core/backup/imported.ts";
import { Client, Refused } from "../demo/client.ts";
import { figure, Progress } from "../demo/progress.ts";
import { Stop } from "../stop.ts";
import { isAll, isSelected, type Selection } from "./options.ts";
import { putSettings, type SettingLine } from "./settings.ts";

/** Of one request, before compression: the server takes 8 MB. */
const MOST_CHARACTERS = 2_000_000;

/** What is looked at of a line; the server looks at the rest. */
interface Looked extends SettingLine {
  readonly minuet?: string;
  readonly version?: number;
  readonly unreadable?: unknown;
  readonly about?: string;
  readonly metric?: string;
  readonly minute?: { at?: number[]; end?: number[]; bucket?: { start: number[] } };
  readonly hour?: { start: number[] };
  readonly day?: { start: number[] };
}

/** The time of a line of a series; 0: it has none. */
const timeOf = ({ minute, hour, day }: Looked): number =>
  minute?.at?.[0] ??
  minute?.end?.[0] ??
  minute?.bucket?.start[0] ??
  hour?.start[0] ??
  day?.start[0] ??
  0;

/** @throws Stop */
export async function importBackup(
  file: string,
  server: { readonly url: string; readonly token: string | undefined },
  selection: Selection,
): Promise<void> {
  const size = await stat(file).catch(() => undefined);
  if (size === undefined) throw new Stop(`${file} is not there`);
  const progress = new Progress(process.stdout, size.size, "bytes");
  const client = new Client(server, (why, ms) =>
    progress.note(`Waiting ${Math.round(ms / 100) / 10} s: ${why}`),
  );
  let done: Imported = { stored: 0, kept: 0, left: 0 };
  const send = async (lines: readonly string[]): Promise<void> => {
    done = sum(done, await post(client, lines));
  };
  const settings: SettingLine[] = [];
  let lines: string[] = [];
  let characters = 0;
  let number = 0;
  let shown = 0;
  const bytes = createReadStream(file);
  for await (const line of textOf(bytes, await isGzip(file), file)) {
    number++;
    if (line === "") continue;
    const looked = lookAt(line, number);
    if (number === 1) checkHeader(looked, file);
    else if (looked.view ?? looked.event ?? looked.rule) settings.push(looked);
    else if (looked.unreadable === undefined && isWanted(looked, selection)) {
      lines.push(line);
      characters += line.length;
      if (characters < MOST_CHARACTERS) continue;
      await send(lines);
      lines = [];
      characters = 0;
      progress.add(bytes.bytesRead - shown);
      shown = bytes.bytesRead;
    }
  }
  if (number === 0) throw new Stop(`${file} is empty`);
  if (lines.length > 0) await send(lines);
  progress.add(size.size - shown);
  progress.end();
  const set = await putSettings(client, isAll(selection) ? settings : []);
  console.log(
    `Stored ${figure(done.stored)} minutes, hours and days that were new; ${figure(done.kept)} were there already.`,
  );
  if (set.stored + set.kept > 0)
    console.log(
      `Of views, events and rules ${figure(set.stored)} were new, ${figure(set.kept)} were there already.`,
    );
  if (set.rules.length > 0)
    console.log(
      `These rules tell nobody yet, since no webhook is in a backup: ${set.rules.join(", ")}`,
    );
  const left = done.left + set.left;
  if (left > 0) throw new Stop(`${figure(left)} could not be put: ${done.why ?? set.why}`);
}

async function* textOf(
  bytes: ReturnType<typeof createReadStream>,
  gzipped: boolean,
  file: string,
): AsyncGenerator<string> {
  const plain = gzipped ? bytes.pipe(createGunzip()) : bytes;
  try {
    for await (const line of createInterface({ input: plain, crlfDelay: Infinity })) yield line;
  } catch (error) {
    throw new Stop(
      `${file} ends early, or is damaged (${error instanceof Error ? error.message : String(error)}): what was read before is stored`,
    );
  }
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function lookAt(line: string, number: number): Looked {
  try {
    return JSON.parse(line) as Looked;
  } catch {
    throw new Stop(`line ${number} is not JSON: ${line.slice(0, 120)}`);
  }
}

function checkHeader({ minuet, version }: Looked, file: string): void {
  if (minuet !== "backup")
    throw new Stop(
      `${file} is no backup of Minuet: what other stores wrote comes in with --from prometheus, influx or csv`,
    );
  if (version !== 1)
    throw new Stop(
      `${file} is a backup of version ${version}, and this is known to read 1 alone: upgrade`,
    );
}

function isWanted(line: Looked, selection: Selection): boolean {
  const metric = line.about ?? line.metric;
  if (metric !== undefined && !isSelected(metric, selection)) return false;
  const at = timeOf(line);
  return line.about !== undefined || (at >= selection.since && at < selection.until);
}

/** In two halves where it is too much at once. @throws Stop */
async function post(client: Client, lines: readonly string[]): Promise<Imported> {
  try {
    const text = await client.ask("/api/v1/backup", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", "content-encoding": "gzip" },
      body: gzipSync(`${lines.join("\n")}\n`),
    });
    return JSON.parse(text ?? "") as Imported;
  } catch (error) {
    const isTooMuch =
      error instanceof Refused && ["query_too_large", "too_large"].includes(error.code ?? "");
    if (!isTooMuch || lines.length === 1) throw error;
    const half = Math.ceil(lines.length / 2);
    return sum(await post(client, lines.slice(0, half)), await post(client, lines.slice(half)));
  }
}
