// Debian's Prometheus as a store of its own, that takes remote write and scrapes nothing.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { program } from "../../test/support/debian.ts";
import { freePort } from "../../test/support/server.ts";

export interface Prometheus {
  /** Without a slash at its end. */
  readonly origin: string;
  stop(): void;
}

export async function startPrometheus(): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "minuet-prometheus-"));
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, "global: {}\n");
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = spawn(
    program("/usr/bin/prometheus"),
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      "--storage.tsdb.retention.time=10y",
    ],
    { stdio: "ignore" },
  );
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${origin}/-/ready`).catch(() => undefined);
    if (response?.ok === true) break;
    if (attempt > 300) throw new Error("Prometheus did not start");
    await sleep(100);
  }
  return {
    origin,
    stop() {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
