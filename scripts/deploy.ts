// `npm run deploy`: the databases, then their tables, then the Worker that needs them, then the
// administrator's token, where there is none. What it runs is `wrangler`, in the user's terminal; the
// first step that fails ends it.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";
import { gapIn, needsList, stepsOf } from "./deploy/plan.ts";
import { addressIn, hasSecret, isDeployed, nextSteps, TOKEN } from "./deploy/after.ts";
import { runScript, Stop } from "./stop.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What becomes of what wrangler prints, and what it reads. */
interface Talk {
  /** Shown in the terminal, which wrangler needs to ask anything there, or kept. */
  readonly output: "shown" | "kept";
  /** Default: the terminal's. */
  readonly input?: string;
  /** Where it writes down what it did. */
  readonly record?: string;
}

/** Runs wrangler and returns what it printed, if that was to be kept. @throws Stop */
function wrangler(
  what: string,
  args: readonly string[],
  { output, input, record }: Talk,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("wrangler", args, {
      cwd: ROOT,
      env: { ...process.env, ...(record !== undefined && { WRANGLER_OUTPUT_FILE_PATH: record }) },
      // Windows finds it only through its shell.
      shell: process.platform === "win32",
      stdio: [
        input === undefined ? "inherit" : "pipe",
        output === "shown" ? "inherit" : "pipe",
        "inherit",
      ],
    });
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (more: string) => (text += more));
    child.stdin?.on("error", () => undefined).end(input);
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
    "Listing the D1 databases of your account (it needs `npx wrangler login`, or CLOUDFLARE_API_TOKEN; and CLOUDFLARE_ACCOUNT_ID, where you have several accounts)";
  const text = await wrangler(what, ["d1", "list", "--json"], { output: "kept" });
  try {
    const list = JSON.parse(text) as readonly { readonly name: string }[];
    return new Set(list.map(({ name }) => name));
  } catch (error) {
    throw new Stop(`wrangler d1 list --json printed what is no list: ${text.slice(0, 200)}`, {
      cause: error,
    });
  }
}

/** Sets the administrator's token where there is none, and returns it; undefined where there is one, or none may be shown. @throws Stop */
async function newToken(): Promise<string | undefined> {
  const what = "Looking whether API_TOKEN is set";
  const text = await wrangler(what, ["secret", "list", "--format", "json"], { output: "kept" });
  if (hasSecret(text, TOKEN)) return undefined;
  // A build's log is kept, and read by others. It has deployed what it was to: it has not failed.
  if (process.env.CI) {
    console.warn(
      `${TOKEN} is not set, and the store refuses everything: set it with \`npx wrangler secret put ${TOKEN}\`.`,
    );
    return undefined;
  }
  const token = randomBytes(32).toString("hex");
  const later = `Setting ${TOKEN} (the store is deployed, and refuses everything until \`npx wrangler secret put ${TOKEN}\` is done)`;
  await wrangler(later, ["secret", "put", TOKEN], { output: "kept", input: `${token}\n` });
  return token;
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
  const folder = await mkdtemp(join(tmpdir(), "minuet-deploy-"));
  const record = join(folder, "record");
  for (const { what, args } of stepsOf(config.name ?? "minuet", databases, existing)) {
    console.log(`${what} …`);
    // What it prints of a new database is for a configuration that names it by its id. In a terminal it would
    // ask whether migrations are wanted, and end as well after a "no".
    await wrangler(what, args, {
      output: args[1] === "create" ? "kept" : "shown",
      ...(args[1] === "migrations" && { input: "" }),
      record,
    });
  }
  const done = await readFile(record, "utf8").catch(() => "");
  await rm(folder, { recursive: true, force: true });
  if (!isDeployed(done))
    throw new Stop("The Worker was not deployed: wrangler ended without a new version of it.");
  const address = addressIn(done);
  console.log(["", ...nextSteps(address, await newToken())].join("\n"));
});
