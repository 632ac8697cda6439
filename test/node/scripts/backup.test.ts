// What `npm run export` and `npm run import` make of answers that are cut off, late, refused or too many, of disks
// that are full, and of paths.

import { execFile } from "node:child_process";
import { type FileHandle, mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { PartFile } from "../../../scripts/backup/part.ts";
import { pieceOf } from "../../../scripts/backup/piece.ts";
import { putSettings, settingLines } from "../../../scripts/backup/settings.ts";
import { Client } from "../../../scripts/demo/client.ts";
import { Stop } from "../../../scripts/stop.ts";

/** The address of a server that answers so. */
async function serverOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

const clientOf = async (answer: RequestListener, waiting = (_why: string): void => undefined) =>
  new Client({ url: await serverOf(answer), token: undefined }, waiting);

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "minuet-backup-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test("an answer that was cut off is said to be, wherever the cut is", () => {
  expect(pieceOf('{"metric":"a"}\n{"next":5}\n')).toMatchObject({ lines: 1, next: 5 });
  for (const cut of ["", '{"metric":"a"}\n', '{"metric":"a"}\n{"ne', '{"metr'])
    expect(() => pieceOf(cut)).toThrow("the server ended an answer early");
  expect(pieceOf('{"metric":"a"}\n{"failed":"D1","next":5}\n')).toMatchObject({ failed: "D1" });
});

test("more events of one instant than an answer holds end no export in silence", async () => {
  const client = await clientOf((request, response) => {
    const events = [{ id: "5-a", timestamp: 5, text: "a", tags: [] }];
    const isEvents = request.url!.startsWith("/api/v1/events");
    response.end(JSON.stringify(isEvents ? { events, truncated: true } : { views: [], rules: [] }));
  });
  await expect(settingLines(client)).rejects.toThrow(
    /events of 1970-01-01T00:00:00.005Z .* an answer holds/,
  );
});

test("a setting that is refused is left, and the others go in; a rule goes once", async () => {
  const sent: string[] = [];
  const there = { id: "2-x", timestamp: 2, text: "known", tags: ["a"] };
  const client = await clientOf((request, response) => {
    if (request.method === "GET")
      return void response.end(JSON.stringify({ views: [], rules: [], events: [there] }));
    sent.push(request.url!);
    const isRefused = request.url === "/api/v1/events";
    response.writeHead(isRefused ? 400 : 200);
    return void response.end(isRefused ? '{"error":{"code":"x","message":"is too old"}}' : "{}");
  });
  const rule = { rule: { name: "much" } } as never;
  const event = { event: { timestamp: 1, text: "old", tags: [] } };
  const view = { view: { id: "v", name: "", note: "", search: "" } };
  const known = { event: { timestamp: 2, text: "known", tags: ["a"] } };
  expect(await putSettings(client, [event, known, rule, rule, view])).toEqual({
    stored: 2,
    kept: 2,
    left: 1,
    why: expect.stringMatching(/^event "old": .*is too old/),
    rules: ["much"],
  });
  expect(sent).toEqual(["/api/v1/events", "/api/v1/alerts/rules", "/api/v1/views/v"]);
});

test("an answer may take long, and is given up when nothing more comes of it", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let asked = 0;
  const whys: string[] = [];
  const client = await clientOf(
    (_request, response) => {
      if (++asked !== 2) return void response.end("whole");
      response.write("begun");
      return undefined;
    },
    (why) => whys.push(why),
  );
  expect(await client.ask("/")).toBe("whole");
  const answered = client.ask("/");
  await vi.waitFor(() => expect(asked).toBe(2), { interval: 1 });
  await vi.advanceTimersByTimeAsync(61_000);
  await vi.waitFor(() => expect(whys).toEqual(["nothing came for 60 s"]));
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await answered).toBe("whole");
});

type Write = (
  bytes: Buffer,
  at: number,
  length: number,
  position: number,
) => Promise<{ readonly bytesWritten: number }>;

/** Until the end of the test, or what is returned is called, files are written so. */
async function writing(how: (real: Write) => Write): Promise<() => void> {
  const handle = await open(fileURLToPath(import.meta.url));
  await handle.close();
  const all = Object.getPrototypeOf(handle) as { write: Write };
  const real = all.write;
  all.write = function (this: FileHandle, ...given) {
    return how(real.bind(this))(...given);
  };
  const end = (): void => void (all.write = real);
  onTestFinished(end);
  return end;
}

test("a write that takes a part alone is gone on with", async () => {
  const out = join(await newFolder(), "all.gz");
  await writing(
    (real) => (bytes, at, length, position) => real(bytes, at, Math.min(length, 7), position),
  );
  const part = await PartFile.open<number>(out, {});
  await part.append("one\n", 1);
  await part.append("two\n", 2);
  await part.finish();
  expect(gunzipSync(await readFile(out)).toString()).toBe("one\ntwo\n");
});

test.each([
  ["ENOSPC", "the disk is full. Make room"],
  ["EIO", "the disk does not work (EIO)"],
])("%s is one line, and the next run goes on", async (code, words) => {
  const out = join(await newFolder(), "all.gz");
  const part = await PartFile.open<number>(out, {});
  await part.append("one\n", 1);
  const end = await writing((real) => async (bytes, at, length, position) => {
    if (at > 0) throw Object.assign(new Error(`${code}: write`), { code });
    return await real(bytes, at, Math.min(length, 7), position);
  });
  const failed = await part.append("two\n", 2).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Stop);
  const { message } = failed as Stop;
  expect(message).toContain(`${out}.part cannot be written: ${words}`);
  expect(message).toMatch(/, then run the same command again: it goes on where it was$/);
  end();
  const again = await PartFile.open<number>(out, {});
  expect(again.place).toBe(1);
  await again.append("two\n", 2);
  await again.finish();
  expect(gunzipSync(await readFile(out)).toString()).toBe("one\ntwo\n");
});

test("files are where the user stands, not where npm runs the scripts", async () => {
  const folder = await newFolder();
  const url = await serverOf((_request, response) =>
    response.end(JSON.stringify({ metrics: [], views: [], rules: [], events: [] })),
  );
  const run = (script: string, ...args: string[]): Promise<string> =>
    promisify(execFile)(process.execPath, ["scripts/run.mjs", script, ...args, "--url", url], {
      cwd: fileURLToPath(new URL("../../..", import.meta.url)),
      env: { ...process.env, INIT_CWD: folder },
    }).then(
      ({ stdout }) => stdout,
      ({ stderr }: { readonly stderr: string }) => stderr,
    );
  expect(await run("export", "--out", "all.gz")).toContain(`${join(folder, "all.gz")}: `);
  expect(await readdir(folder)).toEqual(["all.gz"]);
  expect(await run("import", "all.gz")).toMatch(/^Stored 0 /m);
  for (const from of [[], ["--from", "csv"]])
    expect(await run("import", ...from, "none")).toBe(`${join(folder, "none")} is not there\n`);
});
