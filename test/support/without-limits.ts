// Takes each limit out of the code that keeps it, one after the other, and looks whether the test that stands for
// it (abused.ts) fails then, as it must. In copies of the project, beside each other; some minutes.
// Usage: npm run test:limits [-- part of a name …]

import { execFileSync, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ABUSED } from "./abused.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What stands for a limit that is not there: what is never too much, and then what never counts. */
const NONE = ["2_000_000_000", "0"];
/** A test that hangs without its limit fails, ms. */
const ENOUGH_MS = 240_000;
const COPIES = 2;

const files = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
const code = files.filter((file) => /^(?:src|scripts)\/.*(?<!limits)\.tsx?$/.test(file));

/** A copy of what is tracked, beside the packages and the page that were built. */
async function copied(): Promise<string> {
  const to = await mkdtemp(join(tmpdir(), "minuet-limits-"));
  for (const file of files) await cp(join(ROOT, file), join(to, file));
  for (const built of ["node_modules", "dist"]) await symlink(join(ROOT, built), join(to, built));
  return to;
}

/** Puts a value in the place of a limit; returns the files that had it. */
async function replace(root: string, name: string, value: string): Promise<string[]> {
  const use = new RegExp(`\\b\\w*[lL](?:imits|IMITS)\\.${name}\\b`, "g");
  const changed: string[] = [];
  for (const file of code) {
    const text = await readFile(join(ROOT, file), "utf8");
    const without = text.replace(use, value);
    if (without === text) continue;
    await writeFile(join(root, file), without);
    changed.push(file);
  }
  return changed;
}

/** The files to run for a row: what tests of formats share stands in one that is no test. */
const testsOf = (file: string): string =>
  file.endsWith(".test.ts") ? `test/${file}` : `test/${dirname(file)}/`;

const passes = (root: string, file: string): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(join(ROOT, "node_modules/.bin/vitest"), ["run", "--bail", "1", file], {
      cwd: root,
      stdio: "ignore",
      detached: true,
    });
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), ENOUGH_MS);
    child.once("close", (status) => {
      clearTimeout(timer);
      resolve(status === 0);
    });
  });

/** What is wrong with a limit's test; undefined: it fails without its limit. */
async function problemOf(root: string, name: string, file: string): Promise<string | undefined> {
  for (const value of NONE) {
    const changed = await replace(root, name, value);
    if (changed.length === 0) return "nothing asks for it";
    const passed = await passes(root, testsOf(file));
    for (const one of changed) await cp(join(ROOT, one), join(root, one));
    if (!passed) return undefined;
  }
  return `${testsOf(file)} passes without it`;
}

const wanted = process.argv.slice(2);
const queue = Object.entries(ABUSED).filter(
  ([name]) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const count = queue.length;
const problems: string[] = [];
await Promise.all(
  Array.from({ length: COPIES }, async () => {
    const root = await copied();
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [name, [file]] = next;
        const problem = await problemOf(root, name, file);
        console.log(`${name}: ${problem ?? "fails without it"}`);
        if (problem !== undefined) problems.push(`${name}: ${problem}`);
      }
    } finally {
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    }
  }),
);
console.log(
  problems.length === 0
    ? `${count} limits: without any of them its test fails`
    : `${problems.length} of ${count} limits:\n  ${problems.join("\n  ")}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
