// Programs of Debian that tests run: found or installed, never a reason to skip a test.

import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** By path, the packages they are in. */
const PACKAGES = {
  "/usr/bin/influx": "influxdb-client",
  "/usr/bin/influxd": "influxdb",
  "/usr/bin/prometheus": "prometheus",
  "/usr/bin/promtool": "prometheus",
  "/usr/bin/victoria-metrics": "victoria-metrics",
  "/usr/bin/vmagent": "victoria-metrics",
  "/usr/bin/vmalert": "victoria-metrics",
  "/usr/bin/vmctl": "victoria-metrics",
  "/usr/sbin/collectd": "collectd-core",
} as const;

type Program = keyof typeof PACKAGES;

const LIBRARIES = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
/** What else a program needs that its package only suggests: collectd's write_http does not load without. */
const SUGGESTED: Partial<Record<Program, readonly [path: string, debianPackage: string]>> = {
  "/usr/sbin/collectd": [`${LIBRARIES}/libyajl.so.2`, "libyajl2"],
};

const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version");

/** Path of a program. @throws one line that says what to install. */
export function program(path: Program): string {
  const suggested = SUGGESTED[path];
  for (const [wanted, name] of [[path, PACKAGES[path]], ...(suggested ? [suggested] : [])] as const)
    if (installNow(wanted, name) === undefined)
      throw new Error(
        `there is no ${wanted}: install it (Debian, Ubuntu: \`sudo apt-get install ${name}\`)`,
      );
  return path;
}

/** Programs that tests run, of which this machine lacks some: see `installLater`. */
export const installPrograms = (): void =>
  installLater([
    ...new Set(
      [...Object.entries(PACKAGES), ...Object.values(SUGGESTED)].flatMap(([path, name]) =>
        existsSync(path) ? [] : [name],
      ),
    ),
  ]);

/** One at a time, since apt waits for nobody, and half a package looks like a whole one. */
const locked = (command: string): readonly [command: string, args: string[]] => [
  "flock",
  [join(tmpdir(), "minuet-apt.lock"), "sh", "-c", command],
];

/** Services that a package would start are not. */
const installing = (packages: readonly string[]) =>
  locked(
    "export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; apt-get -qq update && " +
      `apt-get -qq install -y --no-install-recommends ${packages.join(" ")}`,
  );

/**
 * The path, where the program is there, or can be installed: as root on Debian, once what others
 * install is done. @throws when apt-get fails
 */
export function installNow(path: string, debianPackage: string): string | undefined {
  installed();
  if (canInstall && !existsSync(path))
    execFileSync(...installing([debianPackage]), { stdio: ["ignore", "ignore", "inherit"] });
  return existsSync(path) ? path : undefined;
}

/** Waits for what is being installed. */
export function installed(): void {
  if (canInstall) execFileSync(...locked("true"));
}

/** Begins to install packages beside all else, where that can be; whoever needs them waits for its end. */
export function installLater(packages: readonly string[]): void {
  if (!canInstall || packages.length === 0) return;
  spawn(...installing(packages), { stdio: ["ignore", "ignore", "inherit"] }).unref();
}
