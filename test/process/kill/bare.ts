// Starts `runtime.ts`, and kills it with everything that it started.

import { execFile, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const RUNTIME = fileURLToPath(new URL("./runtime.ts", import.meta.url));
const WRANGLER = join(ROOT, "node_modules/wrangler/wrangler-dist/cli.js");

export interface Bare {
  readonly url: string;
  /** Everything that the runtime and the Worker printed so far. */
  output(): string;
  /** Ends every process of the server at once with SIGKILL. */
  kill(): Promise<void>;
}

/** Bundles the Worker as a deploy would. Returns the folder and the bundle in it. */
export async function bundleWorker(): Promise<{ folder: string; bundle: string }> {
  const folder = await mkdtemp(join(tmpdir(), "minuet-bundle-"));
  await promisify(execFile)(
    process.execPath,
    [WRANGLER, "deploy", "--dry-run", "--outdir", folder],
    { cwd: ROOT, env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" } },
  );
  return { folder, bundle: join(folder, "index.js") };
}

export async function startBare(options: {
  readonly bundle: string;
  readonly persistTo: string;
  readonly port: number;
  readonly vars: Readonly<Record<string, string>>;
  readonly databases: number;
}): Promise<Bare> {
  const { bundle, persistTo, port, vars, databases } = options;
  const child = spawn(
    process.execPath,
    [RUNTIME, bundle, persistTo, String(port), JSON.stringify(vars), String(databases)],
    { detached: true, stdio: ["ignore", "pipe", "pipe", "ipc"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  // The runtime holds the pipes too: they close when all processes are gone.
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the server did not start:\n${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    async kill() {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await closed;
    },
  };
}
