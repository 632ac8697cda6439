// What must hold before anything is started; each failure is one line that says what to do.

import { mkdir, mkdtemp, rmdir } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { Stop } from "../stop.ts";

const OLDEST_NPM = 10;

/** `userAgent` is what npm tells its scripts, like `npm/11.6.0 node/v24.21.0 linux x64`. Pure. */
export function npmProblem(userAgent: string | undefined): string | undefined {
  const version = /(?:^| )npm\/((\d+)[^ ]*)/.exec(userAgent ?? "");
  if (version === null || Number(version[2]) >= OLDEST_NPM) return undefined;
  return `Minuet needs npm ${OLDEST_NPM} or newer, and this is ${version[1]}: run \`npm install --global npm\`, then \`npm ci\` again.`;
}

/** Why a folder cannot be written to, from the code of the error. Pure. */
export function folderProblem(folder: string, code: string): string {
  const why: Readonly<Record<string, string>> = {
    EROFS: "it is on a read-only file system",
    EACCES: "you may not write there",
    EPERM: "you may not write there",
    ENOENT: "it cannot be created there",
    ENOTDIR: "part of its path is a file",
    EEXIST: "it is a file",
    ENOSPC: "the disk is full",
  };
  return `Cannot write to ${folder}: ${why[code] ?? code}.`;
}

/** Creates the folder if need be, and tries to write. @throws Stop */
export async function checkWritable(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await rmdir(await mkdtemp(join(folder, ".minuet-")));
  } catch (error) {
    throw new Stop(folderProblem(folder, codeOf(error)), { cause: error });
  }
}

/** Step by step: what Node does at once hides a read-only file system behind an ENOENT. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

/** @throws Stop when something listens there, or nothing may. */
export async function checkPort(port: number, ip: string): Promise<void> {
  // `localhost` may mean either: whoever has the other one would get the requests.
  const hosts = ip === "127.0.0.1" ? [ip, "::1"] : [ip];
  for (const host of hosts) {
    const code = await listenProblem(port, host);
    if (code === "EADDRINUSE")
      throw new Stop(
        `Port ${port} is taken by another program: end it, or use another with \`npm start -- --port ${port === 65_535 ? 8788 : port + 1}\`.`,
      );
    if (code === "EACCES")
      throw new Stop(`You may not open port ${port}: use one above 1023, like 8787.`);
    if (code !== undefined && host === ip)
      throw new Stop(`Cannot listen on ${host}, port ${port}: ${code}.`);
  }
}

/** The code of the error that listening gives; undefined when it works. */
const listenProblem = (port: number, host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error) => resolve(codeOf(error)));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });

export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  return error instanceof Error ? error.message : String(error);
}
