// What servers under test run: the Worker and the page, built as a deploy builds them, and a state
// folder to which the migrations were applied. A test run builds them once.

import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isFresh, PAGE_SOURCES } from "../../scripts/start/page.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VITE = join(ROOT, "node_modules/vite/bin/vite.js");
export const WRANGLER = join(ROOT, "node_modules/wrangler/wrangler-dist/cli.js");

/** What the Worker is made of. */
const WORKER_SOURCES = ["src", "drizzle", "package.json", "package-lock.json", "wrangler.toml"];

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

/** What the bare runtime is told of `wrangler.toml`. */
export interface BuiltConfig {
  readonly compatibilityDate: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly assets: {
    readonly binding: string;
    readonly runWorkerFirst: string[];
    readonly notFoundHandling: "single-page-application";
  };
}

async function readConfig(): Promise<BuiltConfig> {
  // It takes a second to load, and not all need it.
  const { unstable_readConfig } = await import("wrangler");
  const { compatibility_date, vars, assets } = unstable_readConfig({
    config: join(ROOT, "wrangler.toml"),
  });
  const { binding, run_worker_first, not_found_handling } = assets ?? {};
  if (
    compatibility_date === undefined ||
    binding === undefined ||
    !Array.isArray(run_worker_first) ||
    not_found_handling !== "single-page-application"
  )
    throw new Error("wrangler.toml is not what the runtime of the tests knows");
  return {
    compatibilityDate: compatibility_date,
    vars: Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, String(value)])),
    assets: { binding, runWorkerFirst: run_worker_first, notFoundHandling: not_found_handling },
  };
}

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

/** Copies what `npm run build` made there, where that is newer than its sources; makes it where it is not. */
async function built(
  there: string,
  file: string,
  sources: readonly string[],
  here: string,
  make: () => Promise<void>,
): Promise<void> {
  if (await isFresh(ROOT, join(there, file), sources))
    await cp(join(ROOT, there), here, { recursive: true });
  else await make();
}

/**
 * Builds to a new folder, which goes with this process: page/, worker/index.js, state/, config.json,
 * none.env.
 * @throws Error with what the failing command printed.
 */
export async function newBuild(): Promise<string> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `minuet-build-${process.pid}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, "page");
  const worker = join(folder, "worker");
  await Promise.all([
    built("dist/ui", "index.html", PAGE_SOURCES, page, async () => {
      await run(VITE, ["build", "src/ui", "--outDir", page]);
    }),
    migrate(join(folder, "state"), ["DB"]),
  ]);
  await built("dist/worker", "index.js", WORKER_SOURCES, worker, async () => {
    await run(WRANGLER, ["deploy", "--dry-run", "--outdir", worker, "--assets", page]);
  });
  await writeFile(join(folder, "config.json"), JSON.stringify(await readConfig()));
  // Given an env file, wrangler leaves a developer's own .dev.vars alone.
  await writeFile(join(folder, "none.env"), "");
  return folder;
}
