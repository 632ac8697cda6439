// The programs that `npm start` starts, each in a process group of its own, so that all of it ends:
// wrangler has children that would outlive it.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Stop } from "../stop.ts";
import { cleanLine, Lines, Tail, Told } from "./output.ts";

/** Ends a program and its children with this process, also when that is killed. */
const LEADER = fileURLToPath(new URL("./leader.mjs", import.meta.url));
/** How long a program may take to end when asked, before it is killed, ms. */
const END_WITHIN = 5_000;
/** Lines that are shown of a program that failed. */
const TAIL_LINES = 25;

export interface Program {
  /**
   * Settles when the program has ended by itself.
   * @throws Stop with the end of its output when it failed.
   */
  readonly ended: Promise<void>;
  /** The end of what it printed: of its errors when there are any. */
  output(): string;
  /** From now on, shows what it prints. */
  show(): void;
}

/** Quiet: no questions, no telemetry, no requests to the internet, no files outside the project. */
const env = {
  ...process.env,
  CI: "1",
  NO_COLOR: "1",
  FORCE_COLOR: undefined,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

export class Programs {
  readonly #root: string;
  readonly #running = new Set<ChildProcess>();
  #ending = false;

  constructor(root: string) {
    this.#root = root;
    // The last resort, when this script itself fails.
    process.once("exit", () => this.#signal("SIGKILL"));
  }

  /** The process groups that run, each by the pid of its leader. */
  get groups(): readonly number[] {
    return [...this.#running].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Starts a Node program. `what` names it when it fails. */
  start(what: string, script: string, args: readonly string[]): Program {
    const isWindows = process.platform === "win32";
    const child = spawn(process.execPath, [...(isWindows ? [] : [LEADER]), script, ...args], {
      cwd: this.#root,
      env,
      detached: !isWindows,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#running.add(child);
    // What went wrong is on the standard error output; the other is full of help.
    const tails = { out: new Tail(TAIL_LINES), error: new Tail(TAIL_LINES) };
    const told = new Told();
    let shown = false;
    const collect = (stream: Readable, tail: Tail): void => {
      const lines = new Lines();
      const print = (line: string): void => {
        const clean = cleanLine(line);
        if (clean === undefined) return;
        tail.add(clean);
        if (shown && !this.#ending && told.tells(clean, Date.now())) console.error(clean);
      };
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => lines.add(text).forEach(print));
      stream.on("end", () => lines.end().forEach(print));
    };
    collect(child.stdout, tails.out);
    collect(child.stderr, tails.error);
    const output = (): string => String(tails.error) || String(tails.out);
    const ended = new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      // A group that lost its leader ends with it, and only then are its pipes closed.
      child.once("exit", () => {
        if (!this.#ending) signalGroup(child, "SIGKILL");
      });
      child.once("close", (code, signal) => {
        if (this.#ending) return;
        if (code === 0) return resolve();
        reject(new Stop(`${what} failed (${signal ?? `status ${code}`}):\n${output()}`));
      });
    });
    child.once("close", () => this.#running.delete(child));
    return { ended, output, show: () => void (shown = true) };
  }

  /** Ends everything that was started, and waits until it is gone. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#signal("SIGTERM");
    const until = Date.now() + END_WITHIN;
    // A leader that has ended may leave others of its group behind: ask the group, not the leader.
    while (this.#signal(0)) {
      if (Date.now() > until) {
        this.#signal("SIGKILL");
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Kills what is left at once. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Signals all groups; false when none is left. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    return [...this.#running].map((child) => signalGroup(child, signal)).includes(true);
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  if (process.platform === "win32") return child.exitCode === null && child.kill(signal);
  try {
    return process.kill(-child.pid, signal);
  } catch {
    // None of the group is left.
    return false;
  }
}
