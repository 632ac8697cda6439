// Bundles a Worker of a bench as a deploy would, with a configuration of its own.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
export const COMPATIBLE = "2026-11-02";

/** The text of the module that `bench/support/<name>.ts` becomes. @throws when it cannot be built */
export function bundle(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `minuet-${name}-`));
  try {
    const config = join(folder, "wrangler.json");
    const main = join(ROOT, `bench/support/${name}.ts`);
    writeFileSync(config, JSON.stringify({ name, main, compatibility_date: COMPATIBLE }));
    const built = spawnSync(
      "wrangler",
      ["deploy", "--config", config, "--dry-run", "--outdir", folder],
      { cwd: ROOT, encoding: "utf8", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
    );
    if (built.status !== 0)
      throw new Error(`wrangler could not build:\n${built.stdout}${built.stderr}`);
    return readFileSync(join(folder, `${name}.js`), "utf8");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
