// What servers under test run: the Worker and the page, built as a deploy builds them, and a state
// folder to which the migrations were applied. A test run builds them once.

import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VITE = join(ROOT, "node_modules/vite/bin/vite.js");
export const WRANGLER = join(ROOT, "node_modules/wrangler/wrangler-dist/cli.js");

/** The environment variable with the folder of a build that a test run shares. */
export const SHARED_BUILD = "MINUET_TEST_BUILD";

/** The environment of wrangler and vite: nothing interactive, nothing sent anywhere. */
export const commandEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  NO_COLOR: "1",
});

/** Applies the migrations to databases of a state folder. `config`: options of wrangler that bind them. */
export async function migrate(
  state: string,
  names: readonly string[],
  config: readonly string[] = [],
): Promise<void> {
  const options = ["--local", "--persist-to", state, ...config];
  for (const name of names) await run(WRANGLER, ["d1", "migrations", "apply", name, ...options]);
}

async function run(script: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [script, ...args], {
      cwd: ROOT,
      // The runner of the tests says "test", which would make another page than a deploy does.
      env: { ...commandEnv(), NODE_ENV: "production" },
    });
  } catch (error) {
    const text = (name: "stdout" | "stderr"): string =>
      error instanceof Error && name in error ? String(Reflect.get(error, name)) : "";
    throw new Error(`${script} ${args.join(" ")} failed:\n${text("stdout")}${text("stderr")}`, {
      cause: error,
    });
  }
}

/** Removes the builds of processes that were ended before they could do it themselves. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^minuet-build-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Builds to a new folder, which goes with this process: page/, worker/index.js, state/, none.env.
 * @throws Error with what the failing command printed.
 */
export async function newBuild(): Promise<string> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `minuet-build-${process.pid}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, "page");
  await Promise.all([
    run(VITE, ["build", "src/ui", "--outDir", page]),
    migrate(join(folder, "state"), ["DB"]),
  ]);
  await run(WRANGLER, [
    "deploy",
    "--dry-run",
    "--outdir",
    join(folder, "worker"),
    "--assets",
    page,
  ]);
  // Given an env file, wrangler leaves a developer's own .dev.vars alone.
  await writeFile(join(folder, "none.env"), "");
  return folder;
}
