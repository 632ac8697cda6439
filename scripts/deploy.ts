// `npm run deploy`: the databases, then their tables, then the Worker that needs them. What it runs
// is `wrangler`, in the user's terminal; the first step that fails ends it.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";
import { gapIn, needsList, stepsOf } from "./deploy/plan.ts";
import { runScript, Stop } from "./stop.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Runs wrangler and returns what it printed, if asked for; else that is shown. @throws Stop */
function wrangler(
  what: string,
  args: readonly string[],
  output: "shown" | "kept",
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("wrangler", args, {
      cwd: ROOT,
      // Windows finds it only through its shell.
      shell: process.platform === "win32",
      stdio: ["inherit", output === "kept" ? "pipe" : "inherit", "inherit"],
    });
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (more: string) => (text += more));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(text);
      reject(
        new Stop(
          `${what} failed (${signal ?? `status ${code}`}), and what comes after it was not done.`,
        ),
      );
    });
  });
}

/** Names of the account's D1 databases. @throws Stop */
async function existingDatabases(): Promise<ReadonlySet<string>> {
  const what =
    "Listing the D1 databases of your account (it needs `npx wrangler login`, or CLOUDFLARE_API_TOKEN)";
  const text = await wrangler(what, ["d1", "list", "--json"], "kept");
  try {
    const list = JSON.parse(text) as readonly { readonly name: string }[];
    return new Set(list.map(({ name }) => name));
  } catch (error) {
    throw new Stop(`wrangler d1 list --json printed what is no list: ${text.slice(0, 200)}`, {
      cause: error,
    });
  }
}

await runScript(async () => {
  const [option] = process.argv.slice(2);
  if (option !== undefined)
    throw new Stop(
      `npm run deploy has no options, but got ${option}: use \`npx wrangler\` for it.`,
    );
  const config = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });
  const databases = config.d1_databases;
  const gap = gapIn(databases);
  if (gap !== undefined) throw new Stop(`${gap}.`);
  const existing = needsList(databases) ? await existingDatabases() : new Set<string>();
  for (const { what, args } of stepsOf(config.name ?? "minuet", databases, existing)) {
    console.log(`${what} …`);
    // What it prints of a new database is for a configuration that names it by its id.
    await wrangler(what, args, args[1] === "create" ? "kept" : "shown");
  }
});
