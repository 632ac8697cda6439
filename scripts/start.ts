// `npm start`: builds the page, prepares the local database, runs the server and its cron, until
// Ctrl+C. Every failure that a user can mend is one line.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { checkPort, checkWritable, codeOf, npmProblem } from "./start/checks.ts";
import { runCronEachMinute } from "./start/cron.ts";
import {
  boundIn,
  databasesToServe,
  firstDatabases,
  heldIn,
  hold,
  writeConfig,
} from "./start/databases.ts";
import { FolderLock } from "./start/lock.ts";
import { HELP, openTo, parseOptions, type StartOptions, variablesOf } from "./start/options.ts";
import { isFresh, PAGE_SOURCES } from "./start/page.ts";
import { Programs } from "./start/processes.ts";
import { keepToken } from "./start/secret.ts";
import { checkDatabases, checkRoom } from "./start/state.ts";
import { localOrigin, untilReady, welcome } from "./start/ready.ts";
import { runScript, Stop } from "./stop.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VITE = join(ROOT, "node_modules/vite/bin/vite.js");
const WRANGLER = join(ROOT, "node_modules/wrangler/wrangler-dist/cli.js");

const programs = new Programs(ROOT);

/** How often to see whether npm still lives, ms. */
const WATCH_EVERY = 500;

/** Ends everything on the first signal, at once on the second. */
function endOnSignal(): void {
  let asked = false;
  const end = (): void => {
    if (asked) {
      programs.kill();
      process.exit(1);
    }
    asked = true;
    console.log("\nEnding the server …");
    void programs.end().then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  // A terminal that was closed takes no more output.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  // A signal to npm alone ends npm and its shell, and does not reach this process.
  const { ppid } = process;
  if (process.env.npm_lifecycle_event !== undefined)
    setInterval(() => {
      if (process.ppid !== ppid && !asked) end();
    }, WATCH_EVERY).unref();
}

/** The token that a developer keeps in .dev.vars, which wrangler reads too. */
async function keptToken(): Promise<string | undefined> {
  try {
    return parseEnv(await readFile(join(ROOT, ".dev.vars"), "utf8")).API_TOKEN;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes sure that the server can run, and that nobody else runs one on the folder. */
async function checked(options: StartOptions): Promise<FolderLock> {
  const { port, ip, persistTo } = options;
  const npm = npmProblem(process.env.npm_config_user_agent);
  if (npm !== undefined) throw new Stop(npm);
  for (const folder of [join(ROOT, "dist"), join(ROOT, ".wrangler"), persistTo])
    await checkWritable(folder);
  const url = localOrigin(options);
  const lock = await FolderLock.take(persistTo, { pid: process.pid, url, groups: [] });
  process.once("exit", () => lock.release());
  await checkRoom(persistTo);
  await checkDatabases(persistTo);
  await checkPort(port, ip);
  return lock;
}

/** The databases to serve, and the options of wrangler that bind them. @throws Stop */
async function configured({ persistTo, databases: asked, token, rest }: StartOptions) {
  const bound = boundIn(await readFile(join(ROOT, "wrangler.toml"), "utf8"));
  const count = databasesToServe(persistTo, { asked, held: await heldIn(persistTo), bound });
  await hold(persistTo, count);
  const names = firstDatabases(count);
  const config = count === bound ? [] : ["--config", await writeConfig(ROOT, persistTo, count)];
  const files = token === undefined ? [] : [await keepToken(persistTo, token)];
  // Beside another configuration, or a file that is named, wrangler does not look for those of the project.
  if (config.length + files.length > 0 && !rest.some((option) => option.startsWith("--env-file")))
    files.unshift(...projectVariables());
  return { names, config, files: files.flatMap((file) => ["--env-file", file]) };
}

/** The files that wrangler would read. */
function projectVariables(): string[] {
  const own = join(ROOT, ".dev.vars");
  if (existsSync(own)) return [own];
  return [".env", ".env.local"].map((name) => join(ROOT, name)).filter((file) => existsSync(file));
}

interface Preparing {
  readonly persistTo: string;
  readonly names: readonly string[];
  /** Options of wrangler. */
  readonly config: readonly string[];
}

async function prepare({ persistTo, names, config }: Preparing): Promise<void> {
  const fresh = await isFresh(ROOT, "dist/ui/index.html", PAGE_SOURCES);
  const what = names.length === 1 ? "the database" : `${names.length} databases`;
  console.log(`${fresh ? "Preparing" : "Building the page and preparing"} ${what} …`);
  const migrate = async (): Promise<void> => {
    const options = ["--local", "--persist-to", persistTo, ...config];
    // One after the other: they share files besides their own.
    for (const name of names) {
      const d1 = ["d1", "migrations", "apply", name, ...options];
      await programs.start(`Preparing the database ${name}`, WRANGLER, d1).ended;
    }
  };
  await Promise.all([
    fresh || programs.start("Building the page", VITE, ["build", "src/ui"]).ended,
    migrate(),
  ]);
}

async function start(): Promise<void> {
  if (process.argv.includes("--help")) {
    console.log(HELP);
    return;
  }
  const folder = process.env.INIT_CWD ?? process.cwd();
  const tokens = [process.env.API_TOKEN, await keptToken()];
  const options = parseOptions(process.argv.slice(2), { folder, root: ROOT, tokens });
  const { port, ip, persistTo, token, rest } = options;
  const origin = localOrigin(options);
  const lock = await checked(options);
  endOnSignal();
  const { names, config, files } = await configured(options);
  await prepare({ persistTo, names, config });
  console.log("Starting the server …");
  const flags = `dev --ip ${ip} --port ${port} --inspector-port 0 --log-level error`;
  // The variable opens the server to whoever reaches it: what is deployed never sets it, and asks for
  // a token.
  const access = token === undefined ? ["--var", `OPEN:${openTo(ip)}`] : [];
  const server = programs.start("The server", WRANGLER, [
    ...flags.split(" "),
    ...access,
    ...variablesOf(process.env),
    "--show-interactive-dev-session=false",
    "--persist-to",
    persistTo,
    ...config,
    ...rest,
    ...files,
  ]);
  lock.says({ pid: process.pid, url: origin, groups: programs.groups });
  const ended = server.ended.then(() => {
    throw new Stop("The server has ended by itself.");
  });
  await Promise.race([untilReady(origin, token, server.output), ended]);
  server.show();
  console.log(welcome(options));
  await Promise.race([runCronEachMinute(origin), ended]);
}

await runScript(async () => {
  try {
    await start();
  } finally {
    await programs.end();
  }
});
