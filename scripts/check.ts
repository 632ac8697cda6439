// `npm run check`: format, lint and types, beside each other, since the first has one thread only. Each
// prints what it has to say when it ends, and all are run, whichever fails.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runScript, Stop } from "./stop.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Scripts of package.json. */
const CHECKS = ["check:format", "lint", "types"] as const;

/** Whether it finds nothing wrong. */
const passes = (check: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn("npm", ["run", "--silent", check], {
      cwd: ROOT,
      // Windows finds it only through its shell.
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (more: string) => (text += more));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code !== 0) console.error(`npm run ${check}:\n${text.trimEnd()}`);
      resolve(code === 0);
    });
  });

await runScript(async () => {
  const passed = await Promise.all(CHECKS.map(passes));
  const failed = CHECKS.filter((_, i) => passed[i] !== true);
  if (failed.length > 0) throw new Stop(`Not as it should be: ${failed.join(", ")}.`);
});
