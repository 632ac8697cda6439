// The real server for tests on the bare runtime, without `wrangler dev` around it: it is up in a second.

import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, freePort, type Server, type ServerOptions, stateOf } from "./server.ts";

const RUNTIME = fileURLToPath(new URL("./runtime.ts", import.meta.url));

/** Resolves when the server answers. Of several databases, each must have its tables. */
export async function startBare(options: ServerOptions = {}): Promise<Server> {
  const folder = await build();
  const persistTo = await stateOf(options);
  const { vars = { OPEN: "local" }, databases = 1, port = await freePort() } = options;
  const child = spawn(
    process.execPath,
    [RUNTIME, JSON.stringify({ folder, persistTo, port, vars, databases })],
    { detached: true, stdio: ["ignore", "pipe", "pipe", "ipc"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  // The runtime holds the pipes too: they close when all processes are gone.
  let isGone = false;
  const closed = new Promise<void>((resolve) =>
    child.once("close", () => {
      isGone = true;
      resolve();
    }),
  );
  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    if (child.pid !== undefined && !isGone) process.kill(-child.pid, signal);
    await closed;
  };
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the server did not start:\n${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    persistTo,
    output: () => output,
    kill,
    async stop() {
      await kill();
      if (options.persistTo === undefined)
        await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
