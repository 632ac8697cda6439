// Runs agents as processes, with the lines that /docs gives.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { AGENTS } from "../../src/ui/agents.ts";
import { TOKEN } from "./store.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The lines of /docs for an agent; `others` are addresses in them that a test has elsewhere. */
export function linesOf(
  id: string,
  origin: string,
  others: Readonly<Record<string, string>> = {},
): string {
  const agent = AGENTS.find((one) => one.id === id);
  if (agent === undefined) throw new Error(`/docs has no lines for ${id}`);
  let lines = agent.lines(origin, TOKEN);
  for (const [from, to] of Object.entries(others)) {
    if (!lines.includes(from)) throw new Error(`the lines for ${id} do not name ${from}`);
    lines = lines.replaceAll(from, to);
  }
  return lines;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export const shell = (lines: string, cwd?: string): Started => started("sh", ["-c", lines], cwd);

/** A module of Node.js that uses the packages of this one. */
export const node = (lines: string): Started =>
  started(process.execPath, ["--input-type=module", "--eval", lines]);

export interface Started {
  readonly ended: Promise<Ended>;
  /** Everything that it printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts a program; it ends with the test's process at the latest. */
export function started(command: string, args: readonly string[], cwd = ROOT): Started {
  const child: ChildProcess = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let output = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", kill);
      resolve({ code, output });
    });
  });
  return {
    ended,
    output: () => output,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Asks until it is so. @throws what was wrong last, after `within` ms */
export async function until<T>(so: () => Promise<T>, within = 60_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await so();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A folder for a test, which removes it. */
export async function folder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "minuet-agent-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** What is stored of a metric, by series: labels as JSON, with the count and sum of its points. */
export async function stored(
  metric: string,
): Promise<Readonly<Record<string, { readonly count: number; readonly sum: number }>>> {
  const search = new URLSearchParams({
    metric,
    by: "*",
    from: "-2d",
    to: "+1h",
    resolution: "hour",
  });
  const response = await fetch(`${inject("store")}/api/v1/query?${search}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  if (!response.ok) throw new Error(`${metric}: ${response.status} ${await response.text()}`);
  const { series } = (await response.json()) as {
    readonly series: readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly count: readonly number[];
      readonly sum: readonly number[];
    }[];
  };
  const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return Object.fromEntries(
    series.map(({ labels, count, sum }) => [
      JSON.stringify(labels),
      { count: total(count), sum: total(sum) },
    ]),
  );
}

/** Removes metrics, that the next agent may send them as the first. */
export async function remove(...metrics: readonly string[]): Promise<void> {
  for (const metric of metrics)
    await fetch(`${inject("store")}/api/v1/metric?name=${metric}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
}
