// Programs of Debian that tests run: found or installed, never a reason to skip a test.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const isRoot = process.getuid?.() === 0;

/** Path of a program. @throws one line that says what to install. */
export function program(path: string, debianPackage: string): string {
  if (existsSync(path)) return path;
  if (isRoot && existsSync("/etc/debian_version")) install(debianPackage);
  if (existsSync(path)) return path;
  throw new Error(
    `there is no ${path}: install it (Debian, Ubuntu: \`sudo apt-get install ${debianPackage}\`)`,
  );
}

/** As root on Debian. Services that a package would start are not. @throws when apt-get fails */
export function install(debianPackage: string): void {
  const apt = (...args: string[]): Buffer =>
    execFileSync("apt-get", ["-qq", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
      stdio: ["ignore", "ignore", "inherit"],
    });
  apt("update");
  apt("install", "-y", "--no-install-recommends", debianPackage);
}
