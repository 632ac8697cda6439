// The real server for tests: the built Worker under `wrangler dev`, with its own state folder, on a
// port of its own, in a process group of its own so that nothing outlives the test.
// It runs a copy of the build: editing the sources does not restart a server under test.

import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstDatabases, writeConfig } from "../../scripts/start/databases.ts";
import { commandEnv, migrate, newBuild, SHARED_BUILD, WRANGLER } from "./build.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** How long a server may take to answer its first request, ms. */
const START_WITHIN = 90_000;
/** How long a server may take to stop when asked, before it is killed, ms. */
const STOP_WITHIN = 5_000;

export interface ServerOptions {
  /** Variables of the Worker. Default: `{ OPEN: "local" }`, everybody may do everything. */
  readonly vars?: Readonly<Record<string, string>>;
  /** How many databases; the migrations are applied to those that a folder did not have. Default: 1. */
  readonly databases?: number;
  /**
   * State folder (D1, Durable Objects), which must exist; in an empty one, the migrations are taken
   * as applied. Default: a new one, removed by `stop`.
   */
  readonly persistTo?: string;
  /** Default: a free one. */
  readonly port?: number;
}

export interface Server {
  /** Origin, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly persistTo: string;
  /** Everything that the server printed so far. */
  output(): string;
  /** Ends every process of the server at once (SIGKILL unless told otherwise); state stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the server and removes the state folder, unless that was given. */
  stop(): Promise<void>;
}

/**
 * Leads the group of a server. The pipe to it closes when the test's process ends, however that
 * happens, and then the whole group ends.
 */
const LEADER = `
  const { spawn } = require("node:child_process");
  spawn(process.execPath, process.argv.slice(1), { stdio: ["ignore", "inherit", "inherit"] })
    .on("exit", (code) => process.exit(code ?? 1));
  process.stdin.resume().on("close", () => process.kill(-process.pid, "SIGKILL"));
`;

let own: Promise<string> | undefined;

/** The folder of the build of the test run, or of one of this process's own: see `newBuild`. */
export const build = (): Promise<string> =>
  process.env[SHARED_BUILD] !== undefined
    ? Promise.resolve(process.env[SHARED_BUILD])
    : (own ??= newBuild());

const temporary = (name: string): Promise<string> => mkdtemp(join(tmpdir(), `minuet-${name}-`));

/** A port that nothing listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });

/** The folder to run on: an empty one begins as one to which the migrations were applied. */
export async function stateOf(options: ServerOptions): Promise<string> {
  const persistTo = options.persistTo ?? (await temporary("state"));
  if ((await readdir(persistTo)).length === 0)
    await cp(join(await build(), "state"), persistTo, { recursive: true });
  return persistTo;
}

/** Resolves when the server answers /healthz at all; rejects when it ended or took too long. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const folder = await build();
  const persistTo = await stateOf(options);
  const port = options.port ?? (await freePort());
  const config = await configOf(persistTo, options.databases ?? 1);
  const vars = Object.entries(options.vars ?? { OPEN: "local" });
  const child = spawn(
    process.execPath,
    [
      "--eval",
      LEADER,
      WRANGLER,
      "dev",
      join(folder, "worker/index.js"),
      "--no-bundle",
      `--assets=${join(folder, "page")}`,
      `--config=${config}`,
      `--env-file=${join(folder, "none.env")}`,
      "--ip=127.0.0.1",
      `--port=${port}`,
      "--inspector-port=0",
      `--persist-to=${persistTo}`,
      "--show-interactive-dev-session=false",
      ...vars.flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    { cwd: ROOT, env: commandEnv(), detached: true, stdio: ["pipe", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const server: Server = {
    url: `http://127.0.0.1:${port}`,
    port,
    persistTo,
    output: () => output,
    kill: (signal = "SIGKILL") => end(child, signal),
    async stop() {
      await end(child, "SIGTERM");
      if (options.persistTo === undefined)
        await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  const atExit = (): void => void signalGroup(child, "SIGKILL");
  process.once("exit", atExit);
  child.once("exit", () => process.off("exit", atExit));
  try {
    await answers(server, child);
  } catch (error) {
    await server.stop();
    throw new Error(`the server did not start:\n${output}`, { cause: error });
  }
  return server;
}

/** A configuration that binds so many databases, in a folder where all of them have their tables. */
async function configOf(persistTo: string, databases: number): Promise<string> {
  if (databases === 1) return join(ROOT, "wrangler.toml");
  const config = await writeConfig(ROOT, persistTo, databases);
  await migrate(persistTo, firstDatabases(databases).slice(1), ["--config", config]);
  return config;
}

async function answers(server: Server, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_WITHIN;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (Date.now() > until) throw new Error(`no answer within ${START_WITHIN} ms`);
    try {
      await (await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(5_000) })).text();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The group has a negative number; it may be gone already. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/** Signals the whole group and waits until none of it is left; kills what does not go. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!signalGroup(child, signal)) return;
  const since = Date.now();
  // Where nothing reaps orphans, the dead stay in the group: do not wait for those.
  while (signalGroup(child, 0) && Date.now() < since + 2 * STOP_WITHIN) {
    if (Date.now() > since + STOP_WITHIN) signalGroup(child, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
