// Whether the page must be built: a build that is newer than all that it is made of is kept, so that
// a start is quick, and other servers on the same build are left alone.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** What the page is made of. */
export const PAGE_SOURCES = [
  "src/ui",
  "src/core",
  "docs/backup.md",
  "docs/runbook.md",
  "package-lock.json",
];

/** When something in the folder last changed, Unix ms; `names` are files or folders in it. */
async function changedAt(folder: string, names: readonly string[]): Promise<number> {
  let newest = 0;
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path);
    newest = Math.max(newest, found.mtimeMs);
    // A folder changes when a file in it is added, removed or renamed.
    if (found.isDirectory()) newest = Math.max(newest, await changedAt(path, await readdir(path)));
  }
  return newest;
}

/** Whether `built` is newer than each of `sources`, all of them paths in `root`. */
export async function isFresh(
  root: string,
  built: string,
  sources: readonly string[],
): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(join(root, built));
    return mtimeMs > (await changedAt(root, sources));
  } catch {
    // There is no build yet, or the sources change at this moment.
    return false;
  }
}
