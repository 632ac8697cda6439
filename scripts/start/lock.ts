// One `npm start` a state folder: two servers on one folder lose what either acknowledged. The lock is
// the operating system's, on a file that SQLite locks, and so ends with the process that holds it,
// however that ends; beside it stands who holds it.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Stop } from "../stop.ts";

/** How long the processes of a server that was killed may take to be gone, ms. */
const GONE_WITHIN = 5_000;

export interface Holder {
  readonly pid: number;
  /** Where its server answers. */
  readonly url: string;
  /** Process groups of the programs that it started. */
  readonly groups: readonly number[];
}

export class FolderLock {
  readonly #lock: DatabaseSync;
  readonly #file: string;

  private constructor(lock: DatabaseSync, file: string) {
    this.#lock = lock;
    this.#file = file;
  }

  /** `folder` exists and may be written to. @throws Stop when somebody else holds it. */
  static async take(folder: string, holder: Holder, patience = GONE_WITHIN): Promise<FolderLock> {
    const file = join(folder, "server.json");
    const lock = new DatabaseSync(join(folder, "server.lock"), { timeout: 0 });
    const before = readHolder(file);
    try {
      lock.exec("BEGIN IMMEDIATE");
    } catch {
      lock.close();
      throw new Stop(inUse(folder, readHolder(file)));
    }
    try {
      // It was killed: what it started ends with it, but takes a moment.
      if (before !== undefined) await gone(folder, before, patience);
    } catch (error) {
      lock.close();
      throw error;
    }
    const taken = new FolderLock(lock, file);
    taken.says(holder);
    return taken;
  }

  /** Keeps who holds it, for whoever comes. */
  says(holder: Holder): void {
    writeFileSync(this.#file, JSON.stringify(holder));
  }

  release(): void {
    rmSync(this.#file, { force: true });
    this.#lock.close();
  }
}

/** What a second server says. Pure. */
export function inUse(folder: string, holder: Holder | undefined): string {
  const who = holder === undefined ? "" : ` (pid ${holder.pid}, ${holder.url})`;
  return `The data in ${folder} are in use by another \`npm start\`${who}: end that one, or take another folder with \`npm start -- --persist-to DIR\`.`;
}

function readHolder(file: string): Holder | undefined {
  try {
    const { pid, url, groups } = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder>;
    return pid === undefined || url === undefined ? undefined : { pid, url, groups: groups ?? [] };
  } catch {
    // There is none, or it is being written.
    return undefined;
  }
}

/** @throws Stop when a server that was killed has left processes behind that still serve. */
async function gone(folder: string, { url, groups }: Holder, patience: number): Promise<void> {
  for (const until = Date.now() + patience; ;) {
    const left = groups.filter(isAlive);
    // A number may be another program's by now: it is the server if it also answers at its address.
    if (left.length === 0 || !(await answers(url))) return;
    if (Date.now() > until)
      throw new Stop(
        `A server on ${folder} was killed, and a part of it still runs at ${url}: end it with \`kill -9 -- ${left.map((group) => -group).join(" ")}\`, then start again.`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("close", () => socket.destroy()).once("connect", () => socket.end());
  });
