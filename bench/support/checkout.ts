// Another commit of this repository beside this one, to be measured in the same run: its sources in a
// folder of their own, with the packages of this one, or its own where its lockfile differs.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface Checkout {
  readonly folder: string;
  /** Short hash and subject of the commit. */
  readonly commit: string;
  remove(): void;
}

/** `revision` is anything that git takes for a commit. @throws what git says when it does not. */
export function checkOut(revision: string): Checkout {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  const commit = git("log", "-1", "--format=%h %s", revision, "--");
  const above = mkdtempSync(join(tmpdir(), "minuet-against-"));
  const folder = join(above, "minuet");
  const remove = (): void => {
    git("worktree", "remove", "--force", folder);
    rmSync(above, { recursive: true, force: true });
  };
  git("worktree", "add", "--quiet", "--detach", folder, revision);
  try {
    const lock = (root: string): string => readFileSync(join(root, "package-lock.json"), "utf8");
    if (lock(folder) === lock(ROOT))
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    else execFileSync("npm", ["ci"], { cwd: folder, stdio: "inherit" });
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, commit, remove };
}
