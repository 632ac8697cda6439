// `npm run deploy` with a wrangler that writes down what it is asked.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the script with that wrangler: `body` answers, after it wrote its arguments down. */
async function deploy(body: string, ...args: string[]) {
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
    env: { ...process.env, PATH: path },
  });
  const { stdout, stderr, code } = await run.then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  const calls = (await readFile(log, "utf8")).split("\n").filter((line) => line !== "");
  return { calls, stdout, stderr, code };
}

const listing = (json: string): string => `[ "$2" = list ] && echo '${json}'; exit 0`;

test("creates the database, applies migrations, deploys", async () => {
  expect(await deploy(listing("[]"))).toMatchObject({
    code: 0,
    calls: ["d1 list --json", "d1 create minuet", "d1 migrations apply DB --remote", "deploy"],
  });
});

test("keeps a database that is there", async () => {
  const { calls } = await deploy(listing('[{"uuid":"1","name":"minuet"}]'));
  expect(calls).toEqual(["d1 list --json", "d1 migrations apply DB --remote", "deploy"]);
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

test("without an account it is one line, and nothing is done", async () => {
  const { calls, code, stderr } = await deploy("exit 1");
  expect([code, calls]).toEqual([1, ["d1 list --json"]]);
  expect(stderr).toMatch(/^Listing [^\n]*npx wrangler login[^\n]* failed [^\n]*\n$/);
});

test("takes no options: one for wrangler would reach only a part of the steps", async () => {
  const { calls, stderr } = await deploy("exit 0", "--dry-run");
  expect([calls, stderr]).toEqual([[], expect.stringContaining("but got --dry-run")]);
});
