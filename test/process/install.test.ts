// What `npm ci` would warn of if .npmrc let it, on the Node.js that the scripts run on.

import { execFile } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("no package needs another Node.js than the one that is installed for it", async () => {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const args = ["ci", "--dry-run", "--offline", "--loglevel=warn"];
  const { stderr } = await promisify(execFile)("npm", args, {
    cwd: ROOT,
    env: { ...process.env, PATH: path },
  });
  expect(stderr).toBe("");
});
