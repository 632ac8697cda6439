// `npm run deploy` with a wrangler that writes down what it is asked.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { build } from "../support/server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the script with that wrangler: `body` answers, after it wrote its arguments down. */
async function deploy(body: string, { args = [] as string[], ci = "" } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "minuet-deploy-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = join(folder, "calls");
  await writeFile(log, "");
  await writeFile(join(folder, "wrangler"), `#!/bin/sh\necho "$@" >> '${log}'\n${body}\n`, {
    mode: 0o755,
  });
  const path = [folder, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
  const run = promisify(execFile)(process.execPath, ["scripts/run.mjs", "deploy", ...args], {
    cwd: ROOT,
    env: { ...process.env, PATH: path, CI: ci },
  });
  // Where wrangler asks, this is the answer.
  run.child.stdin?.end("n\n");
  const { stdout, stderr, code } = await run.then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  const calls = (await readFile(log, "utf8")).split("\n").filter((line) => line !== "");
  const written = (name: string): Promise<string> =>
    readFile(join(folder, `wrangler.${name}`), "utf8").catch(() => "");
  const [put, asked] = [await written("put"), await written("asked")];
  return { calls, stdout, stderr, code, put, asked };
}

/** Answers of the account: its databases, its secrets, and where a Worker is deployed to. */
const listing = (
  databases: string,
  secrets = '[{"name":"API_TOKEN","type":"secret_text"}]',
  version = '"8f2e"',
): string =>
  `case "$1 $2" in
    "d1 list") echo '${databases}' ;;
    "secret list") echo '${secrets}' ;;
    "secret put") echo "got $(cat)" >> "$0.put" ;;
    "d1 migrations") echo "got $(cat)" >> "$0.asked" ;;
    "deploy ") echo '{"type":"deploy","version_id":${version},"targets":["https://minuet.us.workers.dev"]}' >> "$WRANGLER_OUTPUT_FILE_PATH" ;;
  esac; exit 0`;

const DEPLOYED = ["d1 migrations apply DB --remote", "deploy", "secret list --format json"];

test("creates the database, applies migrations, deploys", async () => {
  expect(await deploy(listing("[]"))).toMatchObject({
    code: 0,
    calls: ["d1 list --json", "d1 create minuet", ...DEPLOYED],
  });
});

test("keeps a database that is there, and a token, which is not shown", async () => {
  const { calls, stdout, put } = await deploy(listing('[{"uuid":"1","name":"minuet"}]'));
  expect(calls).toEqual(["d1 list --json", ...DEPLOYED]);
  expect(put).toBe("");
  expect(stdout).toContain('-H "Authorization: Bearer $API_TOKEN"');
});

test("sets the token where there is none, and shows it once, with the address and what to do next", async () => {
  const { calls, stdout, put, code } = await deploy(listing('[{"name":"minuet"}]', "[]"));
  expect([code, calls]).toEqual([0, ["d1 list --json", ...DEPLOYED, "secret put API_TOKEN"]]);
  const [, token = ""] = /^got ([0-9a-f]{64})$/m.exec(put) ?? [];
  expect(token).not.toBe("");
  expect(stdout).toContain("Minuet is at https://minuet.us.workers.dev\n");
  expect(stdout).toContain(`\n  ${token}\n`);
  expect(stdout).toContain(
    `curl https://minuet.us.workers.dev/api/v1/points -H "Authorization: Bearer ${token}"`,
  );
});

test("a token that cannot be set: it says what holds, and what to do", async () => {
  const { code, stderr } = await deploy(
    `[ "$2" = put ] && exit 1; ${listing('[{"name":"minuet"}]', "[]")}`,
  );
  expect(code).toBe(1);
  expect(stderr).toContain(
    "the store is deployed, and refuses everything until `npx wrangler secret put API_TOKEN` is done",
  );
});

test("no token is made where a log would keep it: what is to be done is said, and the build goes well", async () => {
  const done = await deploy(listing('[{"name":"minuet"}]', "[]"), { ci: "true" });
  expect([done.code, done.put]).toEqual([0, ""]);
  expect(done.stderr).toBe(
    "API_TOKEN is not set, and the store refuses everything: set it with `npx wrangler secret put API_TOKEN`.\n",
  );
  expect(done.stdout).toContain("Minuet is at https://minuet.us.workers.dev\n");
});

test("the bundle takes less than a MiB compressed", async () => {
  const bundle = await readFile(join(await build(), "worker/index.js"));
  expect(gzipSync(bundle).length).toBeLessThan(2 ** 20);
});

/** What makes code of text: `eval` and `Function`, by whatever name they are called afterwards. */
const MAKES_CODE =
  /(?<![\w$."'`]|(?:function|class) )eval\b(?!["'`:]|\([^()]*\) \{)|(?<![\w$."'`{]|instanceof )Function\b(?=\s*[(),;\]}])|\b(?:globalThis|self|window)\.(?:eval|Function)\b/;

test("the bundle makes no code of text: zod alone could, and knows that Workers forbid it", async () => {
  for (const line of [
    "new Function(code)",
    'new Function("a", "return a")',
    "return Function(code)",
    "const F = Function;",
    "call(Function, code)",
    "const all = { Function };",
    "globalThis.Function(code)",
    "eval(code)",
    "(0, eval)(code)",
    "const run = eval;",
    "globalThis.eval(code)",
  ])
    expect(line).toMatch(MAKES_CODE);
  for (const line of [
    "  eval(input, pos) {",
    "if (!this.prefilter.eval(input, pos)) return;",
    'throw new Error("Function types cannot be represented")',
    "if (x instanceof Function) return;",
    "isFunction(x)",
    "@param {Function} replacer",
  ])
    expect(line).not.toMatch(MAKES_CODE);
  const bundle = await readFile(join(await build(), "worker/index.js"), "utf8");
  // Before each file there is its path.
  const files = bundle
    .split(/^(?=\/\/ \S+\.[mc]?[jt]sx?$)/m)
    .filter((text) => /^\/\/ \S/.test(text));
  expect(files.length).toBeGreaterThan(100);
  const makers = files.filter((text) => MAKES_CODE.test(text));
  const paths = makers.map((text) => text.slice(3, text.indexOf("\n")));
  expect(paths.filter((path) => !path.startsWith("node_modules/zod/"))).toEqual([]);
  // However it is printed: it asks for Cloudflare, and is done with it, before it tries.
  const probe = makers.find((text) => /\ballowsEval = /.test(text));
  expect(probe).toMatch(
    /\ballowsEval = [^]*?["']Cloudflare["'][^]*?return (?:false|!1)[^]*?\bFunction\b/,
  );
});

test("wrangler has the commands and options that it uses", async () => {
  const help = async (command: string): Promise<string> => {
    const wrangler = join(ROOT, "node_modules/.bin/wrangler");
    const words = [...command.split(" "), "--help"];
    return (await promisify(execFile)(wrangler, words, { cwd: ROOT })).stdout;
  };
  const [list, create, migrations, secrets, put] = await Promise.all(
    ["d1 list", "d1 create", "d1 migrations apply", "secret list", "secret put"].map(help),
  );
  expect(list).toContain("--json");
  expect(create).toContain("wrangler d1 create <name>");
  expect(migrations).toMatch(/wrangler d1 migrations apply <database>[^]*--remote/);
  expect(secrets).toMatch(/--format[^\n]*"json"/);
  expect(put).toContain("wrangler secret put <key>");
});

test("deploys no Worker whose tables could not be made", async () => {
  const { calls, code, stderr } = await deploy(
    `[ "$2" = migrations ] && exit 3; ${listing('[{"name":"minuet"}]')}`,
  );
  expect([code, calls]).toEqual([1, ["d1 list --json", "d1 migrations apply DB --remote"]]);
  expect(stderr).toBe(
    "Applying the migrations to DB failed (status 3), and what comes after it was not done.\n",
  );
});

test("asks nobody about migrations: who said no would get a Worker without its tables", async () => {
  const { code, asked } = await deploy(listing('[{"name":"minuet"}]'));
  expect([code, asked]).toEqual([0, "got \n"]);
});

test("a deploy that was not wanted after all is none, and no token is set", async () => {
  const answers = listing('[{"name":"minuet"}]', "[]", "null");
  const { calls, code, stdout, stderr, put } = await deploy(answers);
  expect([code, calls.at(-1), put]).toEqual([1, "deploy", ""]);
  expect(stdout).not.toContain("Minuet is");
  expect(stderr).toBe("The Worker was not deployed: wrangler ended without a new version of it.\n");
});

test("without an account it is one line, and nothing is done", async () => {
  const { calls, code, stderr } = await deploy("exit 1");
  expect([code, calls]).toEqual([1, ["d1 list --json"]]);
  expect(stderr).toMatch(
    /^Listing [^\n]*npx wrangler login[^\n]*CLOUDFLARE_ACCOUNT_ID[^\n]* failed [^\n]*\n$/,
  );
});

test("takes no options: one for wrangler would reach only a part of the steps", async () => {
  const { calls, stderr } = await deploy("exit 0", { args: ["--dry-run"] });
  expect([calls, stderr]).toEqual([[], expect.stringContaining("but got --dry-run")]);
});
