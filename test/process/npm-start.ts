// `npm start` as a user runs it: in a process group of its own, with all that it prints.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { leftovers } from "./leftovers.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const STARTS = { timeout: 60_000, interval: 50 };

export interface Run {
  readonly child: ChildProcess;
  readonly marker: string;
  readonly closed: Promise<number | null>;
  out: string;
  error: string;
}

const runs: Run[] = [];
/** Kills what a test has left, after each. */
export function endAll(): void {
  for (const { marker } of runs.splice(0))
    for (const line of leftovers(marker)) process.kill(Number.parseInt(line, 10), "SIGKILL");
}

export interface How {
  /** Options besides the port and the folder. */
  readonly options?: readonly string[];
  /** The state folder. */
  readonly persistTo: string;
  /** The command, and the first words of its line. */
  readonly command?: readonly [string, ...string[]];
}

/** Starts it in a process group of its own, like a shell does with what is typed. */
export function npmStart(port: number, how: How): Run {
  const { options = [], persistTo, command = ["npm"] } = how;
  const marker = `MINUET_START_TEST=${process.pid}-${port}-${runs.length}`;
  const [name = "", value] = marker.split("=");
  const [program, ...words] = command;
  const args = ["start", "--", "--port", String(port), "--persist-to", persistTo, ...options];
  const child = spawn(program, [...words, ...args], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, INIT_CWD: ROOT, [name]: value },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const run: Run = {
    child,
    marker,
    closed: new Promise((resolve) => child.once("close", resolve)),
    out: "",
    error: "",
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (run.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (run.error += text));
  runs.push(run);
  return run;
}

/** What Ctrl+C in a terminal does: it signals the whole group. */
export const signalGroup = ({ child }: Run, signal: NodeJS.Signals): boolean =>
  process.kill(-child.pid!, signal);

export const printed = async (run: Run, text: string): Promise<void> =>
  await expect.poll(() => run.out + run.error, STARTS).toContain(text);
