// A Chromium for the browser tests, found or installed: never a reason to skip a test.

import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { installed, installLater, installNow } from "./debian.ts";

const isRoot = process.getuid?.() === 0;

const USUAL = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** Where an executable lies inside a `chromium-…` folder of Playwright's cache. */
const INSIDE = [
  "chrome-linux/chrome",
  "chrome-linux64/chrome",
  "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
  "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
  "chrome-win/chrome.exe",
];

function playwrightCache(): string[] {
  const roots = [
    process.env.PLAYWRIGHT_BROWSERS_PATH,
    join(homedir(), ".cache/ms-playwright"),
    join(homedir(), "Library/Caches/ms-playwright"),
    join(homedir(), "AppData/Local/ms-playwright"),
  ].filter((root) => root !== undefined && existsSync(root));
  return roots.flatMap((root) =>
    readdirSync(root!)
      .filter((name) => /^chromium-\d+$/.test(name))
      .toSorted()
      .toReversed()
      .flatMap((name) => INSIDE.map((path) => join(root!, name, path))),
  );
}

const lookAround = (): string | undefined =>
  [...USUAL, ...playwrightCache()].find((path) => existsSync(path));

/** Begins to install one beside all else, where there is none and this may. */
export function installChromium(): void {
  const { CHROMIUM = "" } = process.env;
  if (CHROMIUM === "" && lookAround() === undefined) installLater(["chromium"]);
}

/** Path of a Chromium. @throws one line that says what to install. */
export function findChromium(): string {
  const given = process.env.CHROMIUM;
  if (given !== undefined && given !== "") {
    if (existsSync(given)) return given;
    throw new Error(`CHROMIUM is "${given}", but there is no such file`);
  }
  installed();
  const found = lookAround() ?? installNow("/usr/bin/chromium", "chromium");
  if (found !== undefined) return found;
  throw new Error(
    "no Chromium found: install one (Debian, Ubuntu: `sudo apt-get install chromium`; macOS: `brew install --cask chromium`), or set CHROMIUM to its path",
  );
}

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    args: [
      ...(isRoot ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
