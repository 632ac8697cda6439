// Finds the processes that a test started and that are still there: they inherit its environment.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Command lines of the processes whose environment holds `marker`. */
export function leftovers(marker: string): string[] {
  if (!existsSync("/proc/self/environ"))
    return execFileSync("ps", ["-axEo", "pid,command"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(marker));
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(marker)) return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")}`];
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return [];
      }
    });
}
